/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "dns/path.h"

/* A wire name from a literal; sizeof counts the NUL, which is the root label. */
#define WIRE(s) (const uint8_t *)(s), sizeof(s)

static const struct name origin = {.len = 5, .bytes = "\003org"};

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		enum err err;
		const char *wire;
		size_t len;
	} rows[] = {
	    {".", OK, "", 1},
	    {"@", OK, "\003org", 5},
	    {"www", OK, "\003www\003org", 9},
	    {"www.", OK, "\003www", 5},
	    {"WwW.x.", OK, "\003WwW\001x", 7},
	    {"*.a", OK, "\001*\001a\003org", 9},
	    {"a\\.b.", OK, "\003a.b", 5},
	    {"\\@.", OK, "\001@", 3},
	    {"a@", OK, "\002a@\003org", 8},
	    {"\\097\\000\\255.", OK, "\003a\000\377", 5},
	    {"\\032.", OK, "\001 ", 3},
	    {"\xc3\xa9.", OK, "\002\xc3\xa9", 4},
	    {"", ERR_SYNTAX, NULL, 0},
	    {"..", ERR_SYNTAX, NULL, 0},
	    {".a", ERR_SYNTAX, NULL, 0},
	    {"a..b", ERR_SYNTAX, NULL, 0},
	    {"a..", ERR_SYNTAX, NULL, 0},
	    {"a b", ERR_SYNTAX, NULL, 0},
	    {"a\nb", ERR_SYNTAX, NULL, 0},
	    {"a\\", ERR_SYNTAX, NULL, 0},
	    {"a\\1", ERR_SYNTAX, NULL, 0},
	    {"a\\12", ERR_SYNTAX, NULL, 0},
	    {"a\\12x", ERR_SYNTAX, NULL, 0},
	    {"a\\256", ERR_RANGE, NULL, 0},
	    {"a\\999.", ERR_RANGE, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct name n = {.len = 77};

		assert_int_equal(
		    name_parse(rows[i].text, strlen(rows[i].text), &origin, &n),
		    rows[i].err);
		if (rows[i].err != OK) {
			assert_int_equal(n.len, 77);
			continue;
		}
		assert_int_equal(n.len, rows[i].len);
		assert_memory_equal(n.bytes, rows[i].wire, n.len);
	}
}

static void
test_parse_without_origin(void **state)
{
	struct name n;

	(void)state;
	assert_int_equal(name_parse("a.b", 3, NULL, &n), OK);
	assert_int_equal(n.len, 5);
	assert_memory_equal(n.bytes, "\001a\001b", 5);
	assert_int_equal(name_parse("@", 1, NULL, &n), ERR_SYNTAX);
	/* the length counts, not a NUL */
	assert_int_equal(name_parse("abcdef", 2, NULL, &n), OK);
	assert_int_equal(n.len, 4);
}

/* 63 octets are a label and 255 a name; one more is too many. */
static void
test_parse_limits(void **state)
{
	char text[300];
	struct name n;

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(name_parse(text, 63, NULL, &n), OK);
	assert_int_equal(n.len, 65);
	assert_int_equal(name_parse(text, 64, NULL, &n), ERR_RANGE);

	/* three labels of 63 and one of 61: 3 * 64 + 62 + 1 = 255 */
	text[63] = text[127] = text[191] = '.';
	assert_int_equal(name_parse(text, 192 + 61, NULL, &n), OK);
	assert_int_equal(n.len, 255);
	assert_int_equal(name_len(n.bytes), 255);
	assert_int_equal(name_parse(text, 192 + 62, NULL, &n), ERR_RANGE);
	text[253] = '.';
	assert_int_equal(name_parse(text, 254, &origin, &n), OK);
	text[254] = 'b';
	assert_int_equal(name_parse(text, 255, &origin, &n), ERR_RANGE);

	/* fits by itself, but not under the origin: 249 + 5 - 1 */
	assert_int_equal(name_parse(text, 192 + 57, &origin, &n), OK);
	assert_int_equal(n.len, 255);
	assert_int_equal(name_parse(text, 192 + 58, &origin, &n), ERR_RANGE);

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 == 0 ? 'a' : '.';
	assert_int_equal(name_parse(text, 254, NULL, &n), OK);
	assert_int_equal(name_label_count(n.bytes), DNS_LABELS_MAX);
	assert_int_equal(name_parse(text, 255, NULL, &n), ERR_RANGE);
}

static void
test_read(void **state)
{
	uint8_t wire[300];
	struct name n = {.len = 77};

	(void)state;
	assert_int_equal(name_read((const uint8_t *)"\003www\0zz", 7, &n), OK);
	assert_int_equal(n.len, 5);
	assert_int_equal(name_read((const uint8_t *)"\003www", 4, &n), ERR_SYNTAX);
	assert_int_equal(name_read((const uint8_t *)"\003ww", 3, &n), ERR_SYNTAX);
	assert_int_equal(name_read((const uint8_t *)"", 0, &n), ERR_SYNTAX);
	assert_int_equal(name_read((const uint8_t *)"\300\0", 2, &n), ERR_SYNTAX);
	assert_int_equal(name_read((const uint8_t *)"\100x", 3, &n), ERR_SYNTAX);
	/* 127 labels of one octet are 255 octets; a label more is too long */
	for (size_t i = 0; i < sizeof(wire); i++)
		wire[i] = i % 2 == 0 ? 1 : 'a';
	wire[254] = 0;
	assert_int_equal(name_read(wire, sizeof(wire), &n), OK);
	assert_int_equal(n.len, 255);
	wire[254] = 1;
	wire[256] = 0;
	assert_int_equal(name_read(wire, sizeof(wire), &n), ERR_RANGE);
	assert_int_equal(n.len, 255);
}

static void
test_write(void **state)
{
	static const struct {
		const char *wire;
		const char *text;
		const char *plain;
	} rows[] = {
	    {"", ".", "."},
	    {"\003www\003oRg", "www.oRg.", "www.oRg"},
	    {"\003a.b\001\\", "a\\.b.\\\\.", "a\\.b.\\\\"},
	    {"\004 \t\177\377", "\\032\\009\\127\\255.", "\\032\\009\\127\\255"},
	    {"\006\";()@$", "\\\"\\;\\(\\)\\@\\$.", "\\\"\\;\\(\\)\\@\\$"},
	    {"\003_*-", "_*-.", "_*-"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const uint8_t *wire = (const uint8_t *)rows[i].wire;
		char text[NAME_TEXT_MAX];
		struct name back;

		assert_int_equal(name_write(wire, text), strlen(rows[i].text));
		assert_string_equal(text, rows[i].text);
		assert_int_equal(name_parse(text, strlen(text), NULL, &back), OK);
		assert_memory_equal(back.bytes, wire, back.len);
		assert_int_equal(name_write_plain(wire, text), strlen(rows[i].plain));
		assert_string_equal(text, rows[i].plain);
	}
}

/* Each octet survives the way to text and back; the longest text fits. */
static void
test_write_all_octets(void **state)
{
	struct name n = {.len = 255}, back;
	char text[NAME_TEXT_MAX];

	(void)state;
	for (unsigned base = 0; base < 256; base++) {
		for (unsigned i = 0; i < 254; i++)
			n.bytes[i] =
			    (uint8_t)(i % 64 == 0 ? (i == 192 ? 61 : 63) : base + i);
		n.bytes[254] = 0;
		assert_true(name_write(n.bytes, text) < NAME_TEXT_MAX);
		assert_int_equal(name_parse(text, strlen(text), NULL, &back), OK);
		assert_int_equal(back.len, 255);
		assert_memory_equal(back.bytes, n.bytes, 255);
	}
}

static void
test_lower(void **state)
{
	uint8_t in[256 + 8], out[256 + 8];

	(void)state;
	for (unsigned i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)i;
	/* every octet at every place of a word, and nothing behind the end */
	for (unsigned shift = 0; shift < 8; shift++) {
		for (size_t len = 0; len <= 256; len++) {
			memset(out, 0xee, sizeof(out));
			name_lower(out, in + shift, len);
			for (size_t i = 0; i < len; i++) {
				uint8_t c = in[shift + i];

				assert_int_equal(
				    out[i], c >= 'A' && c <= 'Z' ? c + 32 : c);
			}
			assert_int_equal(out[len], 0xee);
		}
	}
	memcpy(out, "\013HELLO-World", 12);
	name_lower(out, out, 12);
	assert_memory_equal(out, "\013hello-world", 12);
}

static void
test_path(void **state)
{
	struct name_path p, q;

	(void)state;
	name_path_set(&p, WIRE("\003WwW\007Example\003cOm"));
	assert_int_equal(p.len, 17);
	assert_int_equal(p.label_count, 3);
	assert_memory_equal(p.bytes, "\003www\007example\003com", 17);
	assert_int_equal(p.offset[0], 0);
	assert_int_equal(p.offset[1], 4);
	assert_int_equal(p.offset[2], 12);
	assert_int_equal(p.offset[3], 16);
	assert_int_equal(name_path_suffix_len(&p, 0), 1);
	assert_int_equal(name_path_suffix_len(&p, 2), 13);
	assert_memory_equal(name_path_suffix(&p, 2), "\007example\003com", 13);
	for (unsigned d = 0; d <= 3; d++)
		assert_true(p.hash[d] == name_hash(name_path_suffix(&p, d),
		                             name_path_suffix_len(&p, d)));
	assert_true(p.hash[3] == name_hash_label(p.hash[2], p.bytes));
	assert_true(p.hash[3] != p.hash[2]);

	name_path_set(&q, WIRE("\004mail\007example\003COM"));
	assert_true(q.hash[2] == p.hash[2]);
	assert_true(q.hash[3] != p.hash[3]);

	name_path_set(&q, WIRE(""));
	assert_int_equal(q.len, 1);
	assert_int_equal(q.label_count, 0);
	assert_true(q.hash[0] == p.hash[0]);
}

/* Labels of every length, different in one octet only, hash differently: no octet is
 * left out, and none behind the label counts. */
static void
test_hash_uses_each_octet(void **state)
{
	(void)state;
	for (unsigned len = 1; len <= 63; len++) {
		uint8_t a[72], b[72];
		uint64_t h;

		memset(a, 'x', sizeof(a));
		a[0] = (uint8_t)len;
		h = name_hash_label(7, a);
		for (unsigned i = 1; i <= len; i++) {
			memcpy(b, a, sizeof(a));
			b[i] = 'y';
			assert_true(name_hash_label(7, b) != h);
		}
		memcpy(b, a, sizeof(a));
		b[len + 1] = 'y';
		assert_true(name_hash_label(7, b) == h);
		assert_true(name_hash_label(8, b) != h);
	}
}

static void
test_longest_path(void **state)
{
	uint8_t wire[255];
	struct name_path p;

	(void)state;
	for (unsigned i = 0; i < 254; i++)
		wire[i] = i % 2 == 0 ? 1 : 'A';
	wire[254] = 0;
	name_path_set(&p, wire, 255);
	assert_int_equal(p.label_count, 127);
	assert_int_equal(p.offset[127], 254);
	assert_true(p.hash[127] == name_hash(p.bytes, 255));
	assert_int_equal(name_path_suffix_len(&p, 1), 3);
}

/* From a packet the same, and nothing that is no name, or is cut off. */
static void
test_read_path(void **state)
{
	static const uint8_t wire[] = "\003WwW\007Example\003cOm";
	static const uint8_t pointer[] = "\003www\xc0\x0c";
	uint8_t longest[257];
	struct name_path p, q;
	bool is_like;

	(void)state;
	name_path_set(&p, wire, sizeof(wire));
	for (size_t room = 0; room < sizeof(wire); room++)
		assert_false(path_read(&q, wire, room, NULL, 0, &is_like));
	for (size_t room = sizeof(wire); room < sizeof(wire) + 2; room++) {
		assert_true(path_read(&q, wire, room, NULL, 0, &is_like));
		assert_false(is_like);
		assert_int_equal(q.len, p.len);
		assert_int_equal(q.label_count, p.label_count);
		assert_memory_equal(q.bytes, p.bytes, p.len);
		assert_memory_equal(q.offset, p.offset, p.label_count + 1u);
		assert_memory_equal(
		    q.hash, p.hash, (p.label_count + 1u) * sizeof(*p.hash));
	}
	assert_false(path_read(&q, pointer, sizeof(pointer), NULL, 0, &is_like));
	for (unsigned i = 0; i < 257; i++)
		longest[i] = i % 2 == 0 ? 1 : 'A';
	longest[254] = 0;
	assert_true(path_read(&q, longest, 257, NULL, 0, &is_like));
	assert_int_equal(q.label_count, 127);
	longest[254] = 1;
	longest[256] = 0;
	assert_false(path_read(&q, longest, 257, NULL, 0, &is_like));
}

/* Of a name that ends like another one all is the same as without that one. */
static void
test_path_like(void **state)
{
	static const struct {
		const char *name, *like;
		unsigned depth;
		bool is_like;
	} rows[] = {
	    {"www.example.com", "a.b.example.com", 2, true},
	    {"www.Example.com", "example.com", 2, true},
	    {"example.com", "www.example.com", 2, true},
	    {"www.example.com", "www.example.com", 3, true},
	    {"com", "example.com", 2, false},
	    {"www.example.org", "www.example.com", 2, false},
	    {"www.xexample.com", "www.example.com", 2, false},
	    {"www.e.xample.com", "www.example.com", 2, false},
	    {".", "www.example.com", 0, true},
	    {".", "www.example.com", 1, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct name name, like;
		struct name_path p, q, l;
		bool is_like;

		assert_int_equal(
		    name_parse(rows[i].name, strlen(rows[i].name), &name_root, &name),
		    OK);
		assert_int_equal(
		    name_parse(rows[i].like, strlen(rows[i].like), &name_root, &like),
		    OK);
		name_path_set(&p, name.bytes, name.len);
		name_path_set(&l, like.bytes, like.len);
		/* so that the hashes can only be taken over */
		for (unsigned d = 1; d <= rows[i].depth; d++)
			l.hash[d] ^= rows[i].is_like ? 0 : 1;
		assert_true(
		    path_read(&q, name.bytes, name.len, &l, rows[i].depth, &is_like));
		assert_int_equal(is_like, rows[i].is_like);
		assert_memory_equal(
		    q.hash, p.hash, (p.label_count + 1u) * sizeof(*p.hash));
		assert_memory_equal(q.bytes, p.bytes, p.len);
	}
}

/* Of every length: all is copied and nothing else, each octet counts. */
static void
test_octets(void **state)
{
	uint8_t from[72], to[72];

	(void)state;
	for (unsigned i = 0; i < sizeof(from); i++)
		from[i] = (uint8_t)(i + 1);
	for (size_t len = 0; len <= 70; len++) {
		memset(to, 0, sizeof(to));
		wire_copy(to + 1, from + 1, len);
		assert_memory_equal(to + 1, from + 1, len);
		assert_int_equal(to[0], 0);
		assert_int_equal(to[len + 1], 0);
		assert_true(wire_equal(to + 1, from + 1, len));
		for (size_t i = 1; i <= len; i++) {
			to[i] ^= 0x20;
			assert_false(wire_equal(to + 1, from + 1, len));
			to[i] ^= 0x20;
		}
	}
}

static void
test_relations(void **state)
{
	static const struct {
		const char *name;
		const char *other;
		bool equal;
		bool under;
	} rows[] = {
	    {"", "", true, true},
	    {"\003com", "", false, true},
	    {"", "\003com", false, false},
	    {"\003cOm", "\003Com", true, true},
	    {"\001a\003com", "\003COM", false, true},
	    {"\001a\003com", "\001b\003com", false, false},
	    {"\004acom", "\003com", false, false},
	    /* the octets of the suffix are there, but inside a label */
	    {"\005a\003com", "\003com", false, false},
	    {"\003com", "\001a\003com", false, false},
	    {"\001[", "\001{", false, false},
	    {"\001@", "\001`", false, false},
	    {"\002ab", "\001a", false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const uint8_t *a = (const uint8_t *)rows[i].name;
		const uint8_t *b = (const uint8_t *)rows[i].other;

		assert_int_equal(name_equal(a, b), rows[i].equal);
		assert_int_equal(name_is_under(a, b), rows[i].under);
	}
}

/* The example of RFC 4034 6.1, in order, and the root before all. */
static void
test_compare(void **state)
{
	static const char *const sorted[] = {
	    "",
	    "\007example",
	    "\001a\007example",
	    "\010yljkjljk\001a\007example",
	    "\001Z\001a\007example",
	    "\004zABC\001a\007EXAMPLE",
	    "\001z\007example",
	    "\001\001\001z\007example",
	    "\001*\001z\007example",
	    "\001\310\001z\007example",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(sorted); i++) {
		for (size_t k = 0; k < COUNT(sorted); k++) {
			int d = name_compare(
			    (const uint8_t *)sorted[i], (const uint8_t *)sorted[k]);

			assert_int_equal((d > 0) - (d < 0), (i > k) - (i < k));
		}
	}
	assert_int_equal(
	    name_compare((const uint8_t *)"\001A", (const uint8_t *)"\001a"), 0);
}

static void
test_join(void **state)
{
	struct name left = {.len = 5, .bytes = "\003www"}, out = {.len = 77};
	uint8_t right[255];

	(void)state;
	assert_int_equal(name_join(&left, (const uint8_t *)"\003org", &out), OK);
	assert_int_equal(out.len, 9);
	assert_memory_equal(out.bytes, "\003www\003org", 9);
	assert_int_equal(name_join(&name_root, (const uint8_t *)"\003org", &out), OK);
	assert_int_equal(out.len, 5);
	/* a result may take the place of its left part */
	assert_int_equal(name_join(&left, (const uint8_t *)"\003org", &left), OK);
	assert_int_equal(left.len, 9);

	memset(right, 'a', sizeof(right));
	right[0] = right[64] = right[128] = 63;
	right[192] = 53;
	right[246] = 0;
	assert_int_equal(name_join(&left, right, &out), OK);
	assert_int_equal(out.len, 255);
	right[192] = 54;
	right[246] = 'a';
	right[247] = 0;
	out.len = 77;
	assert_int_equal(name_join(&left, right, &out), ERR_RANGE);
	assert_int_equal(out.len, 77);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_parse_without_origin),
	    cmocka_unit_test(test_parse_limits),
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_write),
	    cmocka_unit_test(test_write_all_octets),
	    cmocka_unit_test(test_lower),
	    cmocka_unit_test(test_path),
	    cmocka_unit_test(test_hash_uses_each_octet),
	    cmocka_unit_test(test_longest_path),
	    cmocka_unit_test(test_read_path),
	    cmocka_unit_test(test_path_like),
	    cmocka_unit_test(test_octets),
	    cmocka_unit_test(test_relations),
	    cmocka_unit_test(test_compare),
	    cmocka_unit_test(test_join),
	};

	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
