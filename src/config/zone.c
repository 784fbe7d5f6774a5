/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/parts.h"
#include "config/reader.h"

void
zone_finish(struct reader *r, const struct tree_node *map, void *base)
{
	struct config_zone *z = base;
	const struct tree_node *ns = tree_find(map, "ns");
	bool has_file = tree_find(map, "file") != NULL;

	if (!has_file && !z->store)
		reader_error(r, map, "a zone needs \"file\", \"store: on\", or both");
	else if (!has_file && ns == NULL)
		reader_error(r, map, "a zone without \"file\" needs \"ns\"");
	if (has_file && ns != NULL)
		reader_error(r, ns,
		    "ns is for zones without \"file\"; the file has the NS records of "
		    "this "
		    "one");
}
