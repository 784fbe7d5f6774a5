/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/chaos.h"

#include <string.h>

/* What a name asks for; NULL: there is nothing at it. */
static const char *
find_text(const struct config_server *server, const uint8_t *qname, size_t len)
{
	static const struct {
		const char *name; /* wire form, lower case */
		bool version;
	} known[] = {
	    {"\2id\6server", false},
	    {"\10hostname\4bind", false},
	    {"\7version\4bind", true},
	    {"\7version\6server", true},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (len == strlen(known[i].name) + 1 &&
		    memcmp(qname, known[i].name, len) == 0)
			return known[i].version ? server->version : server->identity;
	return NULL;
}

void
chaos_decide(
    const struct config_server *server, const struct query *q, struct decision *d)
{
	const char *text =
	    server->chaos ? find_text(server, q->qname.bytes, q->qname.len) : NULL;

	/* RFC 4892 knows TXT alone; NSD and Knot refuse the other types too */
	if (text == NULL || text[0] == '\0' ||
	    (q->qtype != TYPE_TXT && q->qtype != TYPE_ANY)) {
		d->rcode = RCODE_REFUSED;
		return;
	}
	d->aa = true;
	d->items[d->item_count++] =
	    (struct item){.section = SECTION_ANSWER, .chaos_text = text};
}
