/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/warm.h"

#include "steer/zonenote.h"

void
warm_changes(const struct trie *notes, const struct store_change *changes, size_t count)
{
	struct trie_seek seeks[WARM_MOST];
	size_t n = 0;

	for (size_t i = 0; i < count && i < WARM_MOST; i++) {
		const struct record_key *key = &changes[i].key;
		const struct name *zone = &key->zone;
		const struct zonenote *note = (const struct zonenote *)trie_find(
		    notes, name_hash(zone->bytes, zone->len), zone->bytes, zone->len);

		if (key->kind != RECORD_RRSET || note == NULL || note->store == NULL)
			continue;
		trie_seek_begin(&seeks[n++],
		    note->edit != NULL ? table_edit_trie(note->edit) : &note->store->trie,
		    name_hash(key->owner.bytes, key->owner.len), key->owner.bytes,
		    key->owner.len);
	}
	trie_find_all(seeks, n);
}
