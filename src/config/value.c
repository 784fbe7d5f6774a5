/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/complaint.h"

static const struct {
	const char *word;
	int64_t ms;
} duration_units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000},
    {"d", 86400000}, {"w", 604800000}};

enum { UNIT_COUNT = sizeof(duration_units) / sizeof(duration_units[0]) };

static enum err
fail(enum err e, struct buf *why, const char *text)
{
	buf_str(why, text);
	return e;
}

enum err
value_bool(const char *text, bool *out, struct buf *why)
{
	static const char *const words[] = {"off", "on", "false", "true", "no", "yes"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*out = i % 2 == 1;
			return OK;
		}
	}
	return fail(ERR_SYNTAX, why, "expected \"on\" or \"off\"");
}

/* Decimal digits up to *end; false for none or for more than fit. */
static bool
digits(const char *text, const char **end, int64_t *out)
{
	int64_t n = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++) {
		if (n > (INT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (*p - '0');
	}
	*end = p;
	*out = n;
	return p != text;
}

enum err
value_number(const char *text, int64_t min, int64_t max, int64_t *out, struct buf *why)
{
	const char *end = text;
	int64_t n = 0;
	bool good = digits(text, &end, &n) && *end == '\0';

	if (good && n >= min && n <= max) {
		*out = n;
		return OK;
	}
	buf_printf(why, "expected a whole number from %" PRId64 " to %" PRId64, min, max);
	return good ? ERR_RANGE : ERR_SYNTAX;
}

enum err
value_real(const char *text, double min, double max, double *out, struct buf *why)
{
	char *end = NULL;
	double d;

	if (text[0] != '\0' && text[strspn(text, "+-.0123456789")] == '\0') {
		d = strtod(text, &end);
		if (*end == '\0' && d >= min && d <= max) {
			*out = d;
			return OK;
		}
	}
	buf_printf(why, "expected a number of degrees from %g to %g", min, max);
	return ERR_SYNTAX;
}

static void
duration_write(int64_t ms, struct buf *out)
{
	size_t i = UNIT_COUNT;

	while (--i > 0 && (ms == 0 || ms % duration_units[i].ms != 0))
		;
	buf_printf(
	    out, "%" PRId64 "%s", ms / duration_units[i].ms, duration_units[i].word);
}

/* The unit's milliseconds; 0 for an unknown one. */
static int64_t
unit_ms(const char *word)
{
	size_t i;

	for (i = 0; i < UNIT_COUNT; i++) {
		if (strcmp(word, duration_units[i].word) == 0)
			return duration_units[i].ms;
	}
	return 0;
}

enum err
value_duration(
    const char *text, int64_t min_ms, int64_t max_ms, int64_t *out_ms, struct buf *why)
{
	const char *end = text;
	int64_t n = 0, unit = 0;
	bool forever = max_ms == CONFIG_FOREVER;

	if (forever && strcmp(text, "forever") == 0) {
		*out_ms = CONFIG_FOREVER;
		return OK;
	}
	if (!digits(text, &end, &n) || (*end != '\0' && (unit = unit_ms(end)) == 0)) {
		buf_printf(why, "expected a duration such as \"500ms\", \"5s\", \"2m\"%s",
		    forever ? ", \"1d\" or \"forever\"" : " or \"1h\"");
		return ERR_SYNTAX;
	}
	if (*end == '\0') {
		buf_printf(why,
		    "expected a duration with its unit, as in \"%ss\" or "
		    "\"%sms\"",
		    text, text);
		return ERR_SYNTAX;
	}
	if (n <= (INT64_MAX - 1) / unit && n * unit >= min_ms && n * unit <= max_ms) {
		*out_ms = n * unit;
		return OK;
	}
	buf_str(why, "expected a duration from ");
	duration_write(min_ms, why);
	buf_str(why, " to ");
	if (forever)
		buf_str(why, "forever");
	else
		duration_write(max_ms, why);
	return ERR_RANGE;
}

enum err
value_ttl(const char *text, uint32_t *out_s, struct buf *why)
{
	const char *end = text;
	int64_t n = 0, unit = 1000;

	if (!digits(text, &end, &n) ||
	    (*end != '\0' && ((unit = unit_ms(end)) == 0 || unit < 1000)))
		return fail(ERR_SYNTAX, why,
		    "expected seconds, such as \"60\", \"60s\" or \"1m\"");
	/* RFC 2181 section 8: a TTL has 31 bits. */
	if (n > INT32_MAX / (unit / 1000))
		return fail(ERR_RANGE, why, "expected at most 2147483647 seconds");
	*out_s = (uint32_t)(n * (unit / 1000));
	return OK;
}

enum err
value_ip(const char *text, struct ip *out, struct buf *why)
{
	if (ip_parse(text, strlen(text), out) == OK)
		return OK;
	if (text[0] == '[')
		return fail(ERR_SYNTAX, why,
		    "expected an IPv6 address without brackets, such as \"2001:db8::1\"");
	return fail(ERR_SYNTAX, why,
	    "expected an address, such as \"192.0.2.1\" or \"2001:db8::1\"");
}

/* "192.0.2.1:53" is what most other programs write. */
static bool
is_colon_port(const char *text)
{
	const char *colon = strchr(text, ':');
	struct ip ip;

	return colon != NULL && ip_parse(text, (size_t)(colon - text), &ip) == OK;
}

enum err
value_ip_port(const char *text, uint16_t dflt, struct ip_port *out, struct buf *why)
{
	if (ip_port_parse(text, strlen(text), dflt, out) == OK)
		return OK;
	if (text[0] == '[' || is_colon_port(text))
		return fail(ERR_SYNTAX, why,
		    "expected the port behind an @, as in \"192.0.2.1@53\" or "
		    "\"2001:db8::1@53\"");
	if (dflt == 0 && strchr(text, '@') == NULL)
		return fail(ERR_SYNTAX, why,
		    "expected an address with a port, such as \"192.0.2.1@53\"");
	return fail(ERR_SYNTAX, why,
	    "expected an address with a port from 1 to 65535, such as \"192.0.2.1@53\" "
	    "or "
	    "\"2001:db8::1@53\"");
}

enum err
value_prefix(const char *text, struct ip_prefix *out, struct buf *why)
{
	size_t len = strlen(text);
	const char *slash = strchr(text, '/');
	char right[PREFIX_TEXT_MAX];
	struct ip_prefix p;
	const char *end;
	int64_t bits;
	enum err e;

	e = ip_prefix_parse(text, len, out);
	if (e == OK)
		return OK;
	if (slash != NULL && ip_parse(text, (size_t)(slash - text), &p.ip) == OK &&
	    digits(slash + 1, &end, &bits) && *end == '\0') {
		int64_t max = p.ip.family == 4 ? 32 : 128;

		if (bits > max) {
			buf_printf(
			    why, "expected a prefix length from 0 to %d", (int)max);
			return ERR_RANGE;
		}
		p.len = (uint8_t)bits;
		ip_mask(&p.ip, p.len);
		ip_prefix_write(&p, right);
		buf_printf(why, "has bits set behind the prefix; expected \"%s\"", right);
		return ERR_RANGE;
	}
	return fail(ERR_SYNTAX, why,
	    "expected an address or a prefix, such as \"192.0.2.0/24\" or "
	    "\"2001:db8::/32\"");
}

enum err
value_domain(const char *text, struct name *out, struct buf *why)
{
	enum err e = ERR_SYNTAX;

	if (text[0] != '\0' && strcmp(text, "@") != 0)
		e = name_parse(text, strlen(text), NULL, out);
	if (e == ERR_RANGE)
		buf_str(why,
		    "expected a domain name with labels of at most 63 and at most "
		    "255 octets in all");
	else if (e != OK)
		buf_str(why, "expected a domain name, such as \"www.example.com\"");
	return e;
}

enum err
value_ident(const char *text, struct buf *why)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_.");

	if (len == 0 || text[len] != '\0' || !isalnum((unsigned char)text[0]))
		return fail(ERR_SYNTAX, why,
		    "expected a name of a-z, 0-9, \"-\", \"_\" and \".\" that begins "
		    "with a "
		    "letter or digit");
	if (len > 63)
		return fail(ERR_RANGE, why, "expected a name of at most 63 characters");
	return OK;
}

static bool
is_letters(const char *text, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!isalpha((unsigned char)text[i]))
			return false;
	}
	return true;
}

static void
set_code(struct config_match *m, enum match_kind kind, const char *text)
{
	size_t i;

	m->kind = kind;
	for (i = 0; i < sizeof(m->code) - 1 && text[i] != '\0'; i++)
		m->code[i] = (char)toupper((unsigned char)text[i]);
}

static bool
is_continent(const char *text)
{
	static const char *const codes[] = {"AF", "AN", "AS", "EU", "NA", "OC", "SA"};
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (strcasecmp(text, codes[i]) == 0)
			return true;
	}
	return false;
}

/* ISO 3166-2: a country, a hyphen, one to three letters or digits. */
static bool
is_subdivision(const char *text)
{
	size_t len = strlen(text), i;

	if (len < 4 || len > 6 || !is_letters(text, 2) || text[2] != '-')
		return false;
	for (i = 3; i < len; i++) {
		if (!isalnum((unsigned char)text[i]))
			return false;
	}
	return true;
}

enum err
value_match(const char *text, struct config_match *out, struct buf *why)
{
	struct config_match m = {0};
	int64_t asn;
	enum err e;

	if (strncasecmp(text, "continent:", 10) == 0) {
		if (!is_continent(text + 10))
			return fail(ERR_SYNTAX, why,
			    "expected one of continent:AF, AN, AS, EU, NA, OC, SA");
		set_code(&m, MATCH_CONTINENT, text + 10);
	} else if (strlen(text) == 2 && is_letters(text, 2)) {
		set_code(&m, MATCH_COUNTRY, text);
	} else if (is_subdivision(text)) {
		set_code(&m, MATCH_SUBDIVISION, text);
	} else if (strncasecmp(text, "as", 2) == 0 && isdigit((unsigned char)text[2])) {
		e = value_number(text + 2, 1, UINT32_MAX, &asn, why);
		if (e != OK)
			return e;
		m.kind = MATCH_ASN;
		m.asn = (uint32_t)asn;
	} else if (strpbrk(text, ":/.") != NULL) {
		m.kind = MATCH_PREFIX;
		e = value_prefix(text, &m.prefix, why);
		if (e != OK)
			return e;
	} else {
		return fail(ERR_SYNTAX, why,
		    "expected a country (\"NO\"), \"continent:EU\", a subdivision "
		    "(\"US-CA\"), \"AS64500\" or a prefix");
	}
	*out = m;
	return OK;
}

enum err
value_status(const char *text, struct config_status_range *out, struct buf *why)
{
	struct config_status_range r;
	const char *end = text;
	int64_t first, last;

	if (text[0] >= '1' && text[0] <= '5' && strcasecmp(text + 1, "xx") == 0) {
		r.first = (uint16_t)((text[0] - '0') * 100);
		r.last = (uint16_t)(r.first + 99);
		*out = r;
		return OK;
	}
	if (digits(text, &end, &first)) {
		last = first;
		if ((*end == '\0' || (*end == '-' && digits(end + 1, &end, &last))) &&
		    *end == '\0' && first >= 100 && last <= 599 && first <= last) {
			out->first = (uint16_t)first;
			out->last = (uint16_t)last;
			return OK;
		}
	}
	return fail(ERR_SYNTAX, why,
	    "expected a status from 100 to 599, a range such as \"200-299\", or \"2xx\"");
}
