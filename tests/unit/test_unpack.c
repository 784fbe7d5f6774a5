/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "geo/unpack.h"

static char dir[] = "/tmp/sextant-unpack-XXXXXX";
static char *from, *to;

enum { MANY = 300000 };

/* What is no pattern, so that it comes out as long as it went in. */
static char *
noise(size_t len)
{
	char *data = mem_array(1, len + 1);
	uint32_t s = 12345;

	for (size_t i = 0; i < len; i++) {
		s = s * 1664525 + 1013904223;
		data[i] = (char)(s >> 24);
	}
	return data;
}

static void
put(const void *data, size_t len)
{
	struct buf why = {0};

	assert_int_equal(file_replace(from, data, len, &why), OK);
	buf_fini(&why);
}

static void
add_gzip(struct buf *out, const void *data, size_t len)
{
	z_stream z = {0};
	size_t room = len + 1024;
	char *packed = mem_array(1, room);

	assert_int_equal(
	    deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (unsigned char *)(uintptr_t)data;
	z.avail_in = (unsigned)len;
	z.next_out = (unsigned char *)packed;
	z.avail_out = (unsigned)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_add(out, packed, z.total_out);
	deflateEnd(&z);
	mem_free(packed);
}

static void
add_xz(struct buf *out, const void *data, size_t len)
{
	size_t room = len + 4096, at = 0;
	uint8_t *packed = mem_array(1, room);

	assert_int_equal(lzma_easy_buffer_encode(
	                     0, LZMA_CHECK_CRC32, NULL, data, len, packed, &at, room),
	    LZMA_OK);
	buf_add(out, packed, at);
	mem_free(packed);
}

static void
add_member(struct buf *out, const char *name, char type, const void *data, size_t len)
{
	unsigned char head[512] = {0};
	static const char zero[512];
	unsigned sum = 0;

	snprintf((char *)head, 100, "%s", name);
	snprintf((char *)head + 100, 8, "%07o", 0644);
	snprintf((char *)head + 124, 12, "%011o", (unsigned)len);
	memset(head + 148, ' ', 8);
	head[156] = (unsigned char)type;
	memcpy(head + 257, "ustar", 6);
	for (size_t i = 0; i < sizeof(head); i++)
		sum += head[i];
	snprintf((char *)head + 148, 8, "%06o", sum);
	buf_add(out, head, sizeof(head));
	buf_add(out, data, len);
	buf_add(out, zero, (512 - len % 512) % 512);
}

static void
end_tar(struct buf *out)
{
	static const char zero[1024];

	buf_add(out, zero, sizeof(zero));
}

static void
expect(const void *packed, size_t packed_len, const void *data, size_t len)
{
	struct buf why = {0};
	size_t got_len;
	char *got;

	put(packed, packed_len);
	assert_int_equal(unpack_file(from, to, 1 << 20, &why), OK);
	assert_int_equal(file_read(to, 1 << 20, &got, &got_len, &why), OK);
	assert_int_equal(got_len, len);
	assert_memory_equal(got, data, len);
	mem_free(got);
	buf_fini(&why);
}

static void
expect_refused(const void *packed, size_t len, uint64_t max, enum err e, const char *text)
{
	struct buf why = {0};

	put(packed, len);
	if (unpack_file(from, to, max, &why) != e)
		fail_msg("not refused as \"%s\": %s", text, buf_text(&why));
	if (strstr(buf_text(&why), text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", buf_text(&why), text);
	buf_fini(&why);
}

static void
test_formats(void **state)
{
	static const size_t sizes[] = {0, 1, 511, 512, 513, 65536, MANY};
	char *data = noise(MANY);

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		size_t len = sizes[i];
		struct buf b = {0}, tar = {0};

		expect(data, len, data, len);
		add_gzip(&b, data, len);
		expect(b.data, b.len, data, len);
		buf_clear(&b);
		/* two members are one file, RFC 1952 2.2 */
		add_gzip(&b, data, len / 2);
		add_gzip(&b, data + len / 2, len - len / 2);
		expect(b.data, b.len, data, len);
		buf_clear(&b);
		add_xz(&b, data, len);
		expect(b.data, b.len, data, len);
		buf_clear(&b);
		add_member(&tar, "GeoLite2_2026/", '5', "", 0);
		add_member(&tar, "GeoLite2_2026/COPYRIGHT.txt", '0', data, 700);
		add_member(&tar, "GeoLite2_2026/GeoLite2.mmdb", '0', data, len);
		add_member(&tar, "GeoLite2_2026/other.mmdb", '0', data, 5);
		end_tar(&tar);
		expect(tar.data, tar.len, data, len);
		add_gzip(&b, tar.data, tar.len);
		expect(b.data, b.len, data, len);
		buf_clear(&b);
		add_xz(&b, tar.data, tar.len);
		expect(b.data, b.len, data, len);
		buf_fini(&b);
		buf_fini(&tar);
	}
	mem_free(data);
}

static void
test_refused(void **state)
{
	char *data = noise(MANY);
	struct buf b = {0}, tar = {0};

	(void)state;
	add_gzip(&b, data, MANY);
	expect_refused(b.data, b.len - 9, 1 << 20, ERR_CORRUPT, "cut");
	expect_refused(b.data, b.len / 2, 1 << 20, ERR_CORRUPT, "cut");
	expect_refused(b.data, b.len, MANY - 1, ERR_RANGE, "max_size");
	b.data[b.len / 2] ^= 0x20;
	expect_refused(b.data, b.len, 1 << 20, ERR_CORRUPT, "gzip");
	buf_clear(&b);
	add_gzip(&b, data, 100);
	buf_str(&b, "rubbish");
	expect_refused(b.data, b.len, 1 << 20, ERR_CORRUPT, "gzip");
	buf_clear(&b);
	add_xz(&b, data, MANY);
	expect_refused(b.data, b.len - 13, 1 << 20, ERR_CORRUPT, "cut");
	expect_refused(b.data, b.len, MANY - 1, ERR_RANGE, "max_size");
	b.data[b.len / 2] ^= 0x20;
	expect_refused(b.data, b.len, 1 << 20, ERR_CORRUPT, "xz");
	add_member(&tar, "a.mmdb", '0', data, 5000);
	expect_refused(tar.data, 2000, 1 << 20, ERR_CORRUPT, "tar");
	tar.data[126] = '1'; /* in the size, and the sum is another */
	end_tar(&tar);
	expect_refused(tar.data, tar.len, 1 << 20, ERR_CORRUPT, "tar");
	buf_clear(&tar);
	add_member(&tar, "README", '0', data, 50);
	add_member(&tar, "link.mmdb", '2', "", 0);
	end_tar(&tar);
	expect_refused(tar.data, tar.len, 1 << 20, ERR_MISSING, "no file *.mmdb");
	buf_fini(&b);
	buf_fini(&tar);
	mem_free(data);
}

/* 64 MiB of nothing in 64 KiB: what comes out of it is bounded. */
static void
test_bomb(void **state)
{
	size_t len = (size_t)64 << 20;
	char *zeros = mem_array(1, len);
	struct buf b = {0}, why = {0};
	char *got;
	size_t got_len;

	(void)state;
	add_gzip(&b, zeros, len);
	assert_true(b.len < 1 << 20);
	expect_refused(b.data, b.len, 1 << 20, ERR_RANGE, "max_size");
	assert_int_equal(file_read(to, (size_t)1 << 20, &got, &got_len, &why), OK);
	mem_free(got);
	buf_clear(&b);
	add_xz(&b, zeros, len);
	assert_true(b.len < 1 << 20);
	expect_refused(b.data, b.len, 1 << 20, ERR_RANGE, "max_size");
	mem_free(zeros);
	buf_fini(&b);
	buf_fini(&why);
}

/* Whatever comes: an end, and no more than max octets. */
static void
test_damage(void **state)
{
	char *data = noise(3000);
	struct buf tar = {0};

	(void)state;
	add_member(&tar, "x/a.mmdb", '0', data, 3000);
	end_tar(&tar);
	for (unsigned round = 0; round < 600; round++) {
		struct buf b = {0}, why = {0};
		size_t at = round * 2654435761u;

		if (round % 3 == 0)
			add_gzip(&b, tar.data, tar.len);
		else if (round % 3 == 1)
			add_xz(&b, tar.data, tar.len);
		else
			buf_add(&b, tar.data, tar.len);
		b.data[at % b.len] ^= (char)(1 << round % 8);
		b.data[at / 7 % b.len] ^= (char)(1 << round % 5);
		put(b.data, round % 10 == 9 ? b.len / 2 : b.len);
		(void)!unpack_file(from, to, 8192, &why);
		buf_fini(&b);
		buf_fini(&why);
	}
	buf_fini(&tar);
	mem_free(data);
}

/* FIPS 180-4's own example. */
static void
test_sum(void **state)
{
	char sum[SHA256_TEXT_MAX];
	struct buf why = {0};

	(void)state;
	put("abc", 3);
	assert_int_equal(sha256_file(from, sum, &why), OK);
	assert_string_equal(
	    sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	unlink(from);
	assert_int_equal(sha256_file(from, sum, &why), ERR_IO);
	buf_fini(&why);
}

static int
make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	from = mem_printf("%s/from", dir);
	to = mem_printf("%s/to", dir);
	return 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	unlink(from);
	unlink(to);
	mem_free(from);
	mem_free(to);
	return rmdir(dir);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_formats),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_bomb),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_sum),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
