/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/wks.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>

#include "base/mem.h"

enum { NAME_LEN = 64, FIXED_LEN = 5, MAP_LEN = 8192 };

/* In lower case, as the system's lists have them. False: it is no name. */
static bool
name_of(const struct word *word, char name[NAME_LEN])
{
	if (word->len == 0 || word->len >= NAME_LEN)
		return false;
	for (size_t i = 0; i < word->len; i++) {
		char c = word->text[i];

		name[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	name[word->len] = '\0';
	return true;
}

static bool
is_number(const struct word *word)
{
	return word->len != 0 && word->text[0] >= '0' && word->text[0] <= '9';
}

static enum err
protocol_parse(const struct word *word, uint8_t *protocol, struct buf *why)
{
	struct protoent entry, *found = NULL;
	char name[NAME_LEN];
	char room[1024];
	uint64_t number;
	enum err e;

	if (is_number(word)) {
		e = field_number(word, UINT8_MAX, &number, why);
		if (e == OK)
			*protocol = (uint8_t)number;
		return e;
	}
	if (!name_of(word, name) ||
	    getprotobyname_r(name, &entry, room, sizeof(room), &found) != 0 ||
	    found == NULL || found->p_proto < 0 || found->p_proto > UINT8_MAX)
		return field_fault(ERR_SYNTAX, word, "is not a known protocol", why);
	*protocol = (uint8_t)found->p_proto;
	return OK;
}

static enum err
port_parse(const struct word *word, uint8_t protocol, uint64_t *port, struct buf *why)
{
	const char *of = protocol == IPPROTO_TCP   ? "tcp"
	                 : protocol == IPPROTO_UDP ? "udp"
	                                           : NULL;
	struct servent entry, *found = NULL;
	char name[NAME_LEN];
	char room[1024];

	if (is_number(word))
		return field_number(word, UINT16_MAX, port, why);
	if (!name_of(word, name) ||
	    getservbyname_r(name, of, &entry, room, sizeof(room), &found) != 0 ||
	    found == NULL)
		return field_fault(ERR_SYNTAX, word, "is not a known service", why);
	*port = ntohs((uint16_t)found->s_port);
	return OK;
}

enum err
wks_parse(struct words *words, struct field_out *out, struct buf *why)
{
	uint8_t *map = mem_array(MAP_LEN, 1);
	size_t len = 0;
	uint8_t protocol;
	struct word word;
	uint64_t port;
	enum err e = words_plain(words, "an address", &word, why);

	if (e == OK)
		e = field_address_parse(&word, 4, out, why);
	if (e == OK)
		e = words_plain(words, "a protocol", &word, why);
	if (e == OK)
		e = protocol_parse(&word, &protocol, why);
	if (e == OK)
		e = field_append(out, &protocol, 1, why);
	while (e == OK && !words_is_empty(words)) {
		e = words_plain(words, "a port", &word, why);
		if (e == OK)
			e = port_parse(&word, protocol, &port, why);
		if (e != OK)
			break;
		map[port / 8] |= (uint8_t)(0x80 >> port % 8);
		if (port / 8 >= len)
			len = port / 8 + 1;
	}
	if (e == OK)
		e = field_append(out, map, len, why);
	mem_free(map);
	return e;
}

enum err
wks_write(struct field_in *in, struct buf *out)
{
	size_t len = (size_t)(in->end - in->at);
	const uint8_t *map = in->at + FIXED_LEN;
	size_t ports = len - FIXED_LEN;
	enum err e;

	if (len < FIXED_LEN || ports > MAP_LEN || (ports != 0 && map[ports - 1] == 0))
		return ERR_SYNTAX;
	e = field_address_write(4, in, out);
	if (e != OK)
		return e;
	buf_printf(out, " %u", map[-1]);
	in->at = in->end;
	for (size_t i = 0; i < ports * 8; i++)
		if ((map[i / 8] & (0x80 >> i % 8)) != 0)
			buf_printf(out, " %zu", i);
	return OK;
}
