/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/mem.h"
#include "config/parts.h"
#include "config/reader.h"
#include "config/value.h"

enum { NOTIFY_PORT = 53 };

void
peer_read_prefix(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct config_peer *p = base;
	const char *text = reader_text(r, value, key->name);
	struct buf why = {0};

	if (text != NULL && value_prefix(text, &p->prefix, &why) != OK)
		reader_value_error(r, value, key->name, buf_text(&why));
	buf_fini(&why);
}

void
peer_read_address(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct config_peer *p = base;
	const char *text = reader_text(r, value, key->name);
	struct buf why = {0};

	if (text != NULL && value_ip_port(text, NOTIFY_PORT, &p->address, &why) != OK)
		reader_value_error(r, value, key->name, buf_text(&why));
	buf_fini(&why);
}

/* An element is a map, or what its "address" would be. */
static void
read_list(struct reader *r, const struct schema_key *key, const struct tree_node *value,
    void *base, const struct schema_map *map, schema_read_fn *read_address)
{
	struct config_peers *out =
	    (struct config_peers *)(void *)((char *)base + key->offset);

	out->is_set = true;
	/* a zone may say that nobody does what server allows */
	if (value->kind == TREE_LIST && value->count == 0)
		return;
	out->count = reader_list_count(r, value, key->name);
	out->list = mem_array(out->count, sizeof(out->list[0]));
	for (size_t i = 0; i < out->count; i++) {
		const struct tree_node *n = tree_at(value, i);

		reader_where(n, &out->list[i].where);
		if (n->kind == TREE_MAP) {
			reader_map(r, map, n, &out->list[i]);
			if (n->count == 0)
				reader_error(
				    r, n, "%s: expected an address or a key", key->name);
		} else {
			read_address(r, key, n, &out->list[i]);
		}
	}
}

void
peer_read_transfer(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	read_list(r, key, value, base, &schema_transfer_peer, peer_read_prefix);
}

void
peer_read_notify(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	read_list(r, key, value, base, &schema_notify_peer, peer_read_address);
}
