/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compression as a property: whatever names are written, whoever reads the message gets
 * them back. Messages of random records, of every type with a name in its RDATA, are read
 * by ldns and compared with what was written.
 */
#include "unit.h"

#include <ctype.h>
#include <ldns/ldns.h>

#include "base/mem.h"
#include "dns/writer.h"

enum { ROUNDS = 3000, RECORDS_MAX = 200, NAMES_IN_USE = 12 };

static uint64_t seed = 20261121;

static uint32_t
draw(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % below);
}

/* Few different labels, so that names share suffixes; some that only look alike. */
static void
random_label(struct name *n)
{
	static const char *const labels[] = {"\1a", "\1A", "\1b", "\3www", "\3WWW",
	    "\7example", "\7eXample", "\3com", "\2\xc0\x0c", "\5a@@[b", "\5a``{b",
	    "\4\0\1\2\3", "\12abcdefghij", "\12abcdefghIj"};
	static const uint8_t sizes[] = {2, 2, 2, 4, 4, 8, 8, 4, 3, 6, 6, 5, 11, 11};
	unsigned i = draw(COUNT(labels));
	uint8_t label[DNS_LABEL_MAX + 1];
	size_t len = sizes[i];

	memcpy(label, labels[i], len);
	if (draw(20) == 0) {
		label[0] = (uint8_t)(1 + draw(DNS_LABEL_MAX));
		len = label[0] + 1u;
		for (size_t k = 1; k < len; k++)
			label[k] = (uint8_t)draw(256);
	}
	if (n->len + len > DNS_NAME_MAX)
		return;
	memmove(n->bytes + len, n->bytes, n->len);
	memcpy(n->bytes, label, len);
	n->len = (uint8_t)(n->len + len);
}

/* A name of its own, or one that goes on from another. */
static struct name
random_name(const struct name *others, unsigned count)
{
	struct name n = {.len = 1};
	unsigned labels = draw(5);

	if (count != 0 && draw(3) != 0)
		n = others[draw(count)];
	if (draw(50) == 0)
		labels = 127;
	while (labels-- > 0)
		random_label(&n);
	return n;
}

struct form {
	uint16_t type;
	uint8_t before, names, after;
	bool compressed; /* RFC 3597 4: only what RFC 1035 defines */
};

static const struct form forms[] = {
    {TYPE_A, 4, 0, 0, false},
    {TYPE_NS, 0, 1, 0, true},
    {TYPE_MD, 0, 1, 0, true},
    {TYPE_MF, 0, 1, 0, true},
    {TYPE_CNAME, 0, 1, 0, true},
    {TYPE_SOA, 0, 2, 20, true},
    {TYPE_MB, 0, 1, 0, true},
    {TYPE_MG, 0, 1, 0, true},
    {TYPE_MR, 0, 1, 0, true},
    {TYPE_PTR, 0, 1, 0, true},
    {TYPE_MINFO, 0, 2, 0, true},
    {TYPE_MX, 2, 1, 0, true},
    {TYPE_RP, 0, 2, 0, false},
    {TYPE_AFSDB, 2, 1, 0, false},
    {TYPE_RT, 2, 1, 0, false},
    {TYPE_PX, 2, 2, 0, false},
    {TYPE_SRV, 6, 1, 0, false},
    {TYPE_KX, 2, 1, 0, false},
    {TYPE_DNAME, 0, 1, 0, false},
};

struct written {
	const struct form *form;
	struct name owner;
	uint8_t rdata[2 * DNS_NAME_MAX + 32];
	uint16_t len;
};

static struct written
random_record(const struct name *names)
{
	struct written r = {.form = &forms[draw(COUNT(forms))]};

	r.owner = names[draw(NAMES_IN_USE)];
	for (unsigned i = 0; i < r.form->before; i++)
		r.rdata[r.len++] = (uint8_t)draw(256);
	for (unsigned i = 0; i < r.form->names; i++) {
		struct name n = names[draw(NAMES_IN_USE)];

		memcpy(r.rdata + r.len, n.bytes, n.len);
		r.len = (uint16_t)(r.len + n.len);
	}
	for (unsigned i = 0; i < r.form->after; i++)
		r.rdata[r.len++] = (uint8_t)draw(256);
	return r;
}

static bool
alike(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (a[i] != b[i] && (a[i] > 127 || tolower(a[i]) != tolower(b[i])))
			return false;
	return true;
}

/* What ldns reads, written without compression, is what went in. */
static void
expect_record(const ldns_rr *rr, const struct written *r)
{
	ldns_buffer *b = ldns_buffer_new(2048);
	const uint8_t *p;

	assert_int_equal(ldns_rr2buffer_wire(b, rr, LDNS_SECTION_ANSWER), LDNS_STATUS_OK);
	p = ldns_buffer_begin(b);
	assert_int_equal(
	    ldns_buffer_position(b), r->owner.len + DNS_RR_FIXED_LEN + r->len);
	assert_true(alike(p, r->owner.bytes, r->owner.len));
	assert_int_equal(wire_get16(p + r->owner.len), r->form->type);
	p += r->owner.len + DNS_RR_FIXED_LEN;
	if (r->form->compressed)
		assert_true(alike(p, r->rdata, r->len));
	else
		assert_memory_equal(p, r->rdata, r->len);
	ldns_buffer_free(b);
}

/* Walks a name: pointers lead backwards, to what fourteen bits can say. */
static size_t
expect_name(const uint8_t *message, size_t at)
{
	while (message[at] != 0 && message[at] < 0xc0)
		at += message[at] + 1u;
	if (message[at] != 0) {
		assert_true((wire_get16(message + at) & 0x3fffu) < at);
		return at + 2;
	}
	return at + 1;
}

static void
expect_message(const uint8_t *message, size_t len, const struct written *records,
    unsigned count, size_t first)
{
	ldns_pkt *p = NULL;
	size_t at = first;

	assert_int_equal(ldns_wire2pkt(&p, message, len), LDNS_STATUS_OK);
	assert_int_equal(ldns_pkt_ancount(p), count + 1);
	for (unsigned i = 0; i < count; i++) {
		expect_record(ldns_rr_list_rr(ldns_pkt_answer(p), i + 1), &records[i]);
		at = expect_name(message, at) + DNS_RR_FIXED_LEN;
		/* no pointer in the RDATA of types that must not have one */
		if (!records[i].form->compressed)
			assert_int_equal(wire_get16(message + at - 2), records[i].len);
		at += wire_get16(message + at - 2);
	}
	assert_int_equal(at, len);
	ldns_pkt_free(p);
}

/* A message with a record of filler octets in front, so that offsets get large. */
static void
one_round(uint8_t *message, struct written *records, unsigned filler, bool many)
{
	static const uint8_t octets[UINT16_MAX];
	struct name names[NAMES_IN_USE];
	unsigned wanted = 1 + draw(many ? RECORDS_MAX : 30), count = 0;
	size_t first, saved = 0;
	struct writer w;

	for (unsigned i = 0; i < NAMES_IN_USE; i++)
		names[i] = random_name(names, i);
	writer_init(&w, message, DNS_MESSAGE_MAX);
	memset(message, 0, DNS_HEADER_LEN);
	w.len = DNS_HEADER_LEN;
	writer_put(&w, names[0].bytes, names[0].len);
	writer_put32(&w, TYPE_A << 16 | CLASS_IN);
	writer_note_name(&w, DNS_HEADER_LEN);
	writer_rr(&w, names[0].bytes, TYPE_NULL, 0, octets, (uint16_t)filler);
	first = w.len;
	while (count < wanted) {
		struct written *r = &records[count];
		size_t len = w.len;

		*r = random_record(names);
		/* now and then there is no room for one, which must leave no trace */
		w.limit = draw(4) == 0 ? w.len + draw(40) : DNS_MESSAGE_MAX;
		writer_rr(
		    &w, r->owner.bytes, r->form->type, draw(1000), r->rdata, r->len);
		if (w.full) {
			struct writer_mark here = writer_mark(&w);

			assert_int_equal(w.len, len);
			writer_rewind(&w, &here);
			if (w.limit == DNS_MESSAGE_MAX)
				break;
			continue;
		}
		saved += (size_t)r->owner.len + DNS_RR_FIXED_LEN + r->len - (w.len - len);
		count++;
	}
	assert_false(w.len > DNS_MESSAGE_MAX);
	wire_put16(message + 4, 1);
	wire_put16(message + 6, (uint16_t)(count + 1));
	if (count > 20 && filler < 1000)
		assert_true(saved != 0);
	expect_message(message, w.len, records, count, first);
}

static void
test_random(void **state)
{
	struct written *records = mem_array(RECORDS_MAX, sizeof(*records));
	uint8_t *message = mem_array(DNS_MESSAGE_MAX, 1);

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		/* near the last offset that can be pointed to, and beyond it */
		unsigned filler = i % 5 == 0   ? 0x3e00 + draw(0x200)
		                  : i % 5 == 1 ? draw(60000)
		                               : draw(100);

		one_round(message, records, filler, i % 20 == 0);
	}
	mem_free(message);
	mem_free(records);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
