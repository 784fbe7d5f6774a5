/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet from anybody: the query parser, then names, then the writing of a reply. */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "dns/edns.h"
#include "dns/query.h"
#include "dns/writer.h"

static void
check_path(const struct name_path *p)
{
	assert(p->len >= 1 && p->label_count <= DNS_LABELS_MAX);
	assert(p->len == name_len(p->bytes));
	assert(p->label_count == name_label_count(p->bytes));
	for (unsigned d = 0; d <= p->label_count; d++) {
		const uint8_t *suffix = name_path_suffix(p, d);
		uint8_t len = name_path_suffix_len(p, d);

		assert(len == name_len(suffix));
		assert(p->hash[d] == name_hash(suffix, len));
		assert(name_is_under(p->bytes, suffix));
		assert(name_equal(p->bytes, suffix) == (d == p->label_count));
		assert((name_compare(p->bytes, suffix) == 0) == (d == p->label_count));
	}
}

/* The name as it was sent, to text and back, octet for octet. */
static void
check_text(const uint8_t *sent, const struct name_path *p)
{
	char text[NAME_TEXT_MAX];
	struct name wire, back;
	size_t len;

	assert(name_read(sent, p->len, &wire) == OK && wire.len == p->len);
	assert(name_equal(sent, p->bytes));
	len = name_write(sent, text);
	assert(len < sizeof(text) && strlen(text) == len);
	assert(name_parse(text, len, NULL, &back) == OK);
	assert(back.len == wire.len && memcmp(back.bytes, sent, back.len) == 0);
	len = name_write_plain(sent, text);
	assert(name_parse(text, len, &name_root, &back) == OK);
	assert(back.len == wire.len && memcmp(back.bytes, sent, back.len) == 0);
}

static void
check_ecs(const struct query_ecs *e)
{
	struct ip masked = e->ip;

	if (!e->present)
		return;
	assert(e->family <= 2 && e->octets == (e->source_len + 7) / 8);
	assert(e->source_len <= (e->family == 1 ? 32 : e->family == 2 ? 128 : 0));
	assert(e->ip.family == (e->source_len == 0  ? 0
	                           : e->family == 1 ? 4
	                           : e->family == 2 ? 6
	                                            : 0));
	ip_mask(&masked, e->source_len);
	assert(ip_equal(&masked, &e->ip));
}

/* An answer of NS records to the question, into every fourth size of room. */
static void
check_reply(const uint8_t *data, const struct query *q)
{
	struct edns_reply reply = {
	    .dnssec_ok = q->dnssec_ok,
	    .ecs = q->ecs.present ? &q->ecs : NULL,
	    .ecs_scope = q->ecs.source_len,
	};
	uint8_t buf[1232];
	size_t opt_len;

	edns_measure(&reply);
	opt_len = edns_len(&reply);
	for (size_t room = DNS_HEADER_LEN + q->question_len; room < 700; room += 4) {
		struct writer w;
		size_t len;

		writer_init(&w, buf, room);
		writer_put(&w, data, DNS_HEADER_LEN + (size_t)q->question_len);
		writer_note_name(&w, DNS_HEADER_LEN);
		assert(!w.full);
		len = w.len;
		writer_rr(&w, q->qname.bytes, TYPE_NS, 60, q->qname.bytes, q->qname.len);
		assert(w.full ? w.len == len
		              : w.len ==
		                    len + DNS_RR_FIXED_LEN + (q->qname.len == 1 ? 2 : 4));
		w.limit = w.len + opt_len;
		edns_write(&reply, &w);
		assert(w.len == w.limit);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct query q;
	enum query_outcome outcome = query_parse(data, size, &q);

	if (outcome == QUERY_DROP)
		return 0;
	assert(size >= DNS_HEADER_LEN && (data[2] & 0x80) == 0);
	assert(q.id == wire_get16(data) && q.flags == wire_get16(data + 2));
	assert((q.opcode != OPCODE_QUERY) == (outcome == QUERY_NOTIMP));
	assert(outcome != QUERY_BADVERS || q.has_edns);
	assert(DNS_HEADER_LEN + (size_t)q.question_len <= size);
	assert(q.udp_size >= DNS_UDP_MIN);
	if (q.question_len != 0) {
		assert(q.question_len == q.qname.len + 4);
		check_path(&q.qname);
		check_text(data + DNS_HEADER_LEN, &q.qname);
	}
	check_ecs(&q.ecs);
	assert(q.has_options || !(q.ecs.present || q.wants_nsid || q.wants_padding ||
	                            q.wants_keepalive || q.cookie_len != 0));
	assert(q.has_edns || !q.has_options);
	if (q.cookie_len != 0) {
		assert(q.cookie > data && q.cookie + q.cookie_len <= data + size);
		assert(q.cookie_len == 8 || (q.cookie_len >= 16 && q.cookie_len <= 40));
	}
	assert(outcome != QUERY_COOKIE || (q.cookie_len != 0 && q.question_len == 0));
	if (outcome == QUERY_ANSWER) {
		assert(q.question_len != 0);
		check_reply(data, &q);
	}
	return 0;
}
