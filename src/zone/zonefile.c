/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/zonefile.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "zone/generate.h"
#include "zone/head.h"
#include "zone/lexer.h"
#include "zone/rdata.h"
#include "zone/zonecheck.h"
#include "zone/zonefill.h"

enum { INCLUDE_MAX = 8, FILE_MAX = INT32_MAX };

/* One file, or one expanded line of a $GENERATE. */
struct source {
	const struct source *parent; /* the one that includes it */
	const char *path;
	unsigned depth;
	struct lexer lexer;
	struct name origin;
	struct name owner; /* of the last record; len 0: none yet */
	struct place fixed; /* of the $GENERATE; path NULL: places are the words' own */
};

struct reader {
	const struct zonefile_options *options;
	struct complaints *complaints;
	struct zonefill *fill;
	struct buf line; /* RDATA of several lines, joined */
	struct buf why;
	uint8_t *wire; /* 65,535 octets */
	char **paths; /* of all files, as complaints name them */
	size_t path_count;
	size_t path_cap;
	bool has_default_ttl;
	uint32_t default_ttl; /* of $TTL */
	bool has_last_ttl;
	uint32_t last_ttl;
};

static void
read_file(struct reader *r, const char *path, const struct name *origin,
    const struct source *parent, const struct place *from);

static struct place
place_of(const struct source *s, const struct lexer_word *w)
{
	if (s->fixed.path != NULL)
		return s->fixed;
	return (struct place){s->path, w->line, w->column};
}

#define say(r, severity, at, ...) \
	(zonefill_settle((r)->fill), complain((r)->complaints, severity, (at)->path, \
	                                 (at)->line, (at)->column, __VA_ARGS__))
#define fail(r, at, ...) say(r, SEVERITY_ERROR, at, __VA_ARGS__)
#define warn(r, at, ...) say(r, SEVERITY_WARNING, at, __VA_ARGS__)

static int
shown(const struct lexer_word *w)
{
	return w->len < 64 ? (int)w->len : 64;
}

/* The reason why a word can not be a name. */
static void
fail_name(
    struct reader *r, const struct place *at, const struct lexer_word *w, enum err e)
{
	fail(r, at,
	    e == ERR_RANGE
	        ? "'%.*s' is too long: a label has 63 octets at most, a name 255"
	        : "'%.*s' is not a name",
	    shown(w), w->text);
}

static const char *
keep_path(struct reader *r, const char *path)
{
	r->paths = mem_grow(r->paths, r->path_count, &r->path_cap, sizeof(*r->paths));
	r->paths[r->path_count] = mem_str(path);
	return r->paths[r->path_count++];
}

/*
 * The TTL of a record: its own, else $TTL (RFC 2308 4), else the last one given (RFC
 * 1035 5.1); an SOA that comes first may lend its minimum, as BIND lets it.
 */
static bool
choose_ttl(struct reader *r, const struct place *at, uint16_t type, uint16_t wire_len,
    uint32_t *ttl)
{
	if (r->has_default_ttl) {
		*ttl = r->default_ttl;
		return true;
	}
	if (r->has_last_ttl) {
		*ttl = r->last_ttl;
		return true;
	}
	/* From here on one complaint is enough. */
	r->has_default_ttl = true;
	if (type != TYPE_SOA) {
		fail(r, at, "no TTL: give the record one, or put a $TTL line before it");
		return false;
	}
	*ttl = wire_get32(r->wire + wire_len - 4);
	r->default_ttl = *ttl;
	warn(r, at, "no TTL: the SOA's minimum, %u, is taken; put a $TTL line before it",
	    *ttl);
	return true;
}

static void
warn_ttl(struct reader *r, const struct place *at)
{
	warn(r, at, "a TTL above 2147483647: 0 is used");
}

/* Data that is not the zone's is read and left out, as in BIND. */
static bool
is_in_zone(struct reader *r, const struct name *owner, const struct place *at)
{
	char text[NAME_TEXT_MAX];

	if (name_is_under(owner->bytes, r->options->origin.bytes))
		return true;
	name_write(owner->bytes, text);
	warn(r, at, "ignoring out-of-zone data (%s)", text);
	return false;
}

static void
add_pool(struct reader *r, const struct source *s, const struct head *h,
    const struct name *owner, const struct place *at)
{
	const struct lexer *l = &s->lexer;
	const struct lexer_word *w;
	uint32_t id = 0;
	char *pool;

	if (l->word_count != h->rdata + 1) {
		fail(r, at, "POOL takes the name of one pool");
		return;
	}
	w = &l->words[h->rdata];
	pool = w->len >= 2 && w->text[0] == '"' ? mem_strn(w->text + 1, w->len - 2)
	                                        : mem_strn(w->text, w->len);
	if (r->options->pool_id != NULL)
		id = r->options->pool_id(r->options->ctx, pool, h->has_ttl ? h->ttl : 0);
	if (id == 0) {
		struct place there = place_of(s, w);

		fail(r, &there, "no pool is named '%s'", pool);
	} else if (is_in_zone(r, owner, at)) {
		/* The pool has a TTL of its own, so $TTL is not for it. */
		zonefill_pool(r->fill, owner, h->has_ttl ? h->ttl : 0, id, at);
		if (r->options->pool_is_cname != NULL &&
		    r->options->pool_is_cname(r->options->ctx, pool))
			zonefill_cname_pool(r->fill, owner, at);
	}
	mem_free(pool);
}

static void
add_data(struct reader *r, const struct source *s, const struct head *h,
    const struct name *owner, const struct place *at)
{
	const struct lexer *l = &s->lexer;
	uint32_t ttl = h->ttl;
	uint16_t wire_len;
	const char *text;
	size_t faulty;
	size_t len;

	lexer_line(l, h->rdata, &r->line, &text, &len);
	buf_clear(&r->why);
	if (rdata_parse_at(h->type, text, len, &s->origin, r->wire, &wire_len, &faulty,
	        &r->why) != OK) {
		struct place there =
		    place_of(s, lexer_word_at(l, h->rdata, text, faulty));

		fail(r, &there, "%s", buf_text(&r->why));
		zonefill_skip(r->fill, owner, h->type);
		return;
	}
	if (!h->has_ttl && !choose_ttl(r, at, h->type, wire_len, &ttl))
		return;
	if (!is_in_zone(r, owner, at))
		return;
	zonefill_add(r->fill, owner, h->type, ttl, r->wire, wire_len, at);
}

static void
read_record(struct reader *r, struct source *s)
{
	const struct lexer_word *first = &s->lexer.words[0];
	struct place at = place_of(s, first);
	struct head h;
	size_t faulty;

	if (!s->lexer.is_indented) {
		struct name owner;
		enum err e = head_owner_parse(first, &s->origin, &owner);

		if (e != OK) {
			fail_name(r, &at, first, e);
			s->owner.len = 0;
			return;
		}
		name_lower(s->owner.bytes, owner.bytes, owner.len);
		s->owner.len = owner.len;
	} else if (s->owner.len == 0) {
		fail(r, &at,
		    "no owner: the line begins with a blank, but no name came "
		    "before it");
		return;
	}
	buf_clear(&r->why);
	if (head_parse(&s->lexer, !s->lexer.is_indented, &h, &faulty, &r->why) != OK) {
		at = place_of(s, &s->lexer.words[faulty]);
		fail(r, &at, "%s", buf_text(&r->why));
		return;
	}
	if (h.ttl_above)
		warn_ttl(r, &at);
	if (h.has_ttl) {
		r->has_last_ttl = true;
		r->last_ttl = h.ttl;
	}
	if (h.type == TYPE_POOL)
		add_pool(r, s, &h, &s->owner, &at);
	else
		add_data(r, s, &h, &s->owner, &at);
}

static void
read_origin(struct reader *r, struct source *s, const struct place *at)
{
	const struct lexer_word *w = &s->lexer.words[1];
	struct name origin;
	enum err e;

	if (s->lexer.word_count != 2) {
		fail(r, at, "$ORIGIN takes one name");
		return;
	}
	/* RFC 1035 5.1: a relative name is relative to the origin so far. */
	e = name_parse(w->text, w->len, &s->origin, &origin);
	if (e != OK)
		fail_name(r, at, w, e);
	else
		s->origin = origin;
}

static void
read_ttl(struct reader *r, struct source *s, const struct place *at)
{
	const struct lexer_word *w = &s->lexer.words[1];
	uint32_t ttl;
	bool above;

	buf_clear(&r->why);
	if (s->lexer.word_count != 2) {
		fail(r, at, "$TTL takes one time");
	} else if (head_ttl_parse(w, &ttl, &above, &r->why) != OK) {
		fail(r, at, "%s", buf_text(&r->why));
		r->has_default_ttl = true; /* records that rely on it are not at fault */
	} else {
		if (above)
			warn_ttl(r, at);
		r->has_default_ttl = true;
		r->default_ttl = ttl;
	}
}

static void
read_include(struct reader *r, struct source *s, const struct place *at)
{
	const struct lexer *l = &s->lexer;
	const struct lexer_word *w = &l->words[1];
	struct name origin = s->origin;
	enum err e = OK;
	char *name;
	char *path;

	if (l->word_count < 2 || l->word_count > 3) {
		fail(r, at, "$INCLUDE takes a file and perhaps an origin");
		return;
	}
	if (l->word_count == 3)
		e = name_parse(l->words[2].text, l->words[2].len, &s->origin, &origin);
	if (e != OK) {
		fail_name(r, at, &l->words[2], e);
		return;
	}
	name = w->len >= 2 && w->text[0] == '"' ? mem_strn(w->text + 1, w->len - 2)
	                                        : mem_strn(w->text, w->len);
	path = file_beside(s->path, name);
	read_file(r, path, &origin, s, at);
	mem_free(path);
	mem_free(name);
}

/* True when words 3 on are [TTL] [class] type, and one word of data follows. */
static bool
is_generate(struct reader *r, const struct source *s, const struct place *at)
{
	const struct lexer *l = &s->lexer;
	struct head h;
	size_t faulty;

	if (l->word_count < 5) {
		fail(r, at, "$GENERATE takes a range, an owner, a type and data");
	} else if (head_parse(l, 3, &h, &faulty, &r->why) != OK) {
		struct place there = place_of(s, &l->words[faulty]);

		fail(r, &there, "%s", buf_text(&r->why));
	} else if (h.rdata + 1 != l->word_count) {
		fail(r, at, "$GENERATE takes its data as one word: put it in quotes");
	} else {
		return true;
	}
	return false;
}

/* Each number's line is put together, cut into words again, and read as a record. */
static void
generate_one(struct reader *r, const struct source *s, const struct place *at,
    const struct buf *template, uint32_t number, struct buf *line)
{
	struct source one = *s;

	buf_clear(line);
	if (generate_expand(buf_text(template), template->len, number, line, &r->why) !=
	    OK) {
		fail(r, at, "%s", buf_text(&r->why));
		return;
	}
	lexer_init(&one.lexer, buf_text(line), line->len);
	one.fixed = *at;
	if (lexer_next(&one.lexer) == OK)
		read_record(r, &one);
	else
		fail(r, at, "the text made of %u can not be read", number);
	lexer_fini(&one.lexer);
	zonefill_settle(r->fill); /* its faults are counted now */
}

static void
read_generate(struct reader *r, struct source *s, const struct place *at)
{
	const struct lexer *l = &s->lexer;
	size_t errors = r->complaints->errors;
	struct generate_range range;
	struct buf template = {0};
	struct buf line = {0};

	buf_clear(&r->why);
	if (!is_generate(r, s, at))
		return;
	if (generate_range_parse(l->words[1].text, l->words[1].len, &range, &r->why) !=
	    OK) {
		fail(r, at, "%s", buf_text(&r->why));
		return;
	}
	generate_template(l, &template);
	/* The first faulty number speaks for all. */
	for (uint64_t n = range.start; n <= range.stop && errors == r->complaints->errors;
	     n += range.step)
		generate_one(r, s, at, &template, (uint32_t)n, &line);
	buf_fini(&template);
	buf_fini(&line);
}

static void
read_directive(struct reader *r, struct source *s)
{
	const struct lexer_word *w = &s->lexer.words[0];
	struct place at = place_of(s, w);

	if (lexer_word_is(w, "$ORIGIN"))
		read_origin(r, s, &at);
	else if (lexer_word_is(w, "$TTL"))
		read_ttl(r, s, &at);
	else if (lexer_word_is(w, "$INCLUDE"))
		read_include(r, s, &at);
	else if (lexer_word_is(w, "$GENERATE"))
		read_generate(r, s, &at);
	else if (lexer_word_is(w, "$DATE"))
		return; /* when BIND wrote the file */
	else
		fail(r, &at,
		    "unknown directive %.*s: there are $ORIGIN, $TTL, $INCLUDE and "
		    "$GENERATE; an owner that begins with $ is written \\$",
		    shown(w), w->text);
}

static void
read_entries(struct reader *r, struct source *s)
{
	struct lexer *l = &s->lexer;
	enum err e;

	while ((e = lexer_next(l)) != ERR_MISSING) {
		if (e != OK)
			fail(r,
			    (&(struct place){s->path, l->error_line, l->error_column}),
			    "%s", l->error);
		else if (!l->is_indented && l->words[0].text[0] == '$')
			read_directive(r, s);
		else
			read_record(r, s);
	}
}

/* True, with a complaint, when the file is being read already or is too deep. */
static bool
is_refused(struct reader *r, const char *path, const struct source *parent,
    const struct place *from)
{
	if (parent != NULL && parent->depth + 1 > INCLUDE_MAX) {
		fail(r, from, "$INCLUDE more than %d levels deep", INCLUDE_MAX);
		return true;
	}
	for (const struct source *p = parent; p != NULL; p = p->parent) {
		if (strcmp(p->path, path) == 0) {
			fail(r, from, "%s includes itself", path);
			return true;
		}
	}
	return false;
}

static void
read_file(struct reader *r, const char *path, const struct name *origin,
    const struct source *parent, const struct place *from)
{
	const struct zonefile_options *o = r->options;
	struct source s = {.parent = parent, .origin = *origin};
	char *text;
	size_t len;
	enum err e;

	if (is_refused(r, path, parent, from))
		return;
	buf_clear(&r->why);
	e = o->open != NULL ? o->open(o->ctx, path, &text, &len, &r->why)
	                    : file_read(path, FILE_MAX, &text, &len, &r->why);
	if (e != OK) {
		fail(r, from, "%s", r->why.len != 0 ? buf_text(&r->why) : err_text(e));
		return;
	}
	if (o->on_file != NULL)
		o->on_file(o->ctx, path, text, len);
	s.path = keep_path(r, path);
	if (parent != NULL) {
		s.depth = parent->depth + 1;
		s.owner = parent->owner; /* for a first line without one */
	}
	lexer_init(&s.lexer, text, len);
	read_entries(r, &s);
	lexer_fini(&s.lexer);
	if (o->on_file == NULL)
		mem_free(text);
}

enum err
zonefile_load(const char *path, const struct zonefile_options *options,
    struct table **out, struct complaints *complaints)
{
	struct reader r = {.options = options, .complaints = complaints};
	struct place start = {.path = path};
	size_t errors = complaints->errors;
	struct table *t;

	r.wire = mem_array(UINT16_MAX, 1);
	r.fill = zonefill_begin(&options->origin, complaints);
	read_file(&r, path, &options->origin, NULL, &start);
	/* A file that could not be read, or hardly, needs no list of what it lacks. */
	t = zonefill_finish(r.fill, path, r.path_count != 0);
	for (size_t i = 0; i < r.path_count; i++)
		mem_free(r.paths[i]);
	mem_free(r.paths);
	mem_free(r.wire);
	buf_fini(&r.line);
	buf_fini(&r.why);
	if (complaints->errors != errors) {
		table_free(t);
		return ERR_SYNTAX;
	}
	*out = t;
	return OK;
}
