/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A world for tests, made as the server makes it: files are written to a folder of its
 * own, loaded, and installed by keeper and board, whose two loops run in this thread.
 */
#ifndef WORLD_MAKE_H
#define WORLD_MAKE_H

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "steer/choice.h"
#include "steer/keeper.h"
#include "steer/poolid.h"

struct maker {
	char dir[64];
	struct loop *store_loop, *board_loop;
	struct board *board;
	struct keeper *keeper;
	struct parts *parts; /* as last loaded */
};

/* One for the program: its readers' cache lines want their alignment. */
static struct shared maker_shared;

static inline void
maker_on_first_round(void *ctx)
{
	(void)ctx;
}

static inline void
maker_open(struct maker *m)
{
	struct board_hooks hooks = {.on_first_round = maker_on_first_round};

	*m = (struct maker){0};
	snprintf(m->dir, sizeof(m->dir), "/tmp/sextant-unit.XXXXXX");
	assert_non_null(mkdtemp(m->dir));
	maker_shared = (struct shared){0};
	publish_init(&maker_shared.domain);
	assert_int_equal(loop_new(&m->store_loop), OK);
	assert_int_equal(loop_new(&m->board_loop), OK);
	assert_int_equal(
	    board_new(m->board_loop, &maker_shared.domain, &hooks, &m->board), OK);
	m->keeper = keeper_new(m->store_loop, m->board_loop, m->board, &maker_shared);
}

/* Writes a file into the maker's folder. */
static inline void
maker_file(const struct maker *m, const char *name, const char *text)
{
	char *path = mem_printf("%s/%s", m->dir, name);
	struct buf why = {0};

	assert_int_equal(file_replace(path, text, strlen(text), &why), OK);
	buf_fini(&why);
	mem_free(path);
}

static inline enum err
maker_load(struct maker *m, enum parts_mode mode)
{
	char *path = mem_printf("%s/sextant.yaml", m->dir);
	struct complaints complaints = {0};
	struct parts *parts = NULL;
	enum err e = parts_load(path, mode, &parts, &complaints);
	struct buf text = {0};

	if (e == OK) {
		parts_release(m->parts);
		m->parts = parts;
	} else {
		complaints_write(&complaints, &text);
		print_message("%s", buf_text(&text));
		buf_fini(&text);
	}
	complaints_fini(&complaints);
	mem_free(path);
	return e;
}

/* Lets the two loops exchange their mail. */
static inline void
maker_turn(struct maker *m)
{
	for (unsigned i = 0; i < 4; i++) {
		loop_drain(m->board_loop);
		loop_drain(m->store_loop);
	}
}

/* Loads what is in the folder and serves it. */
static inline void
maker_install(struct maker *m, enum parts_mode mode)
{
	assert_int_equal(maker_load(m, mode), OK);
	keeper_install(m->keeper, m->parts, NULL, NULL);
	maker_turn(m);
	assert_non_null(atomic_load(&maker_shared.world));
}

static inline const struct world *
maker_world(void)
{
	return atomic_load(&maker_shared.world);
}

static inline struct pool *
maker_pool(const char *name)
{
	struct pool *p = world_pool(maker_world(), poolid_of_name(name));

	assert_non_null(p);
	return p;
}

/* Puts what the pool answers if its endpoints were in these states: "u", "d", "?" ... */
static inline void
maker_health(struct pool *p, const char *states, struct mono pending)
{
	uint16_t room[64];
	uint8_t s[64] = {0};

	assert_true(p->endpoint_count <= COUNT(s));
	for (size_t i = 0; i < p->endpoint_count; i++)
		s[i] = states[i] == 'u' || states[i] == 's' ? STANDING_UP
		       : states[i] == '?'                   ? STANDING_UNKNOWN
		       : states[i] == 'h'                   ? STANDING_HELD
		       : states[i] == 'D'                   ? STANDING_DRAINED
		                                            : STANDING_DOWN;
	for (unsigned c = 0; c < (p->region_count + 1) * FAMILY_COUNT; c++) {
		struct pick pick = {.endpoints = room};

		ladder_pick(p, c / FAMILY_COUNT, c % FAMILY_COUNT, s, &pick);
		choice_free(
		    publish_swap(&p->cells[c], choice_make(p, c / FAMILY_COUNT,
		                                   c % FAMILY_COUNT, s, &pick, pending)));
	}
}

static inline void
maker_close(struct maker *m)
{
	char *command = mem_printf("rm -rf '%s'", m->dir);

	maker_turn(m);
	keeper_free(m->keeper);
	board_free(m->board);
	parts_release(m->parts);
	loop_free(m->store_loop);
	loop_free(m->board_loop);
	poolid_fini();
	assert_int_equal(system(command), 0);
	mem_free(command);
}

#endif
