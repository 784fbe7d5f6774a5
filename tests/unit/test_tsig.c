/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdlib.h>

#include "base/encoding.h"
#include "dns/query.h"
#include "dns/tsig.h"
#include "dns/wire.h"

enum { THEN = 1700000000 };

static const char secret[] = "only for tests, of 32 octets....";

/* As dnspython signs at THEN: a request whose ID was changed on its way, its response,
 * and a second message that follows it. */
struct vector {
	enum tsig_algorithm algorithm;
	const char *request, *first, *second;
};

/* clang-format off */
static const struct vector vectors[] = {
    {TSIG_HMAC_SHA1,
        "123400000001000000000001074578616d706c6503636f6d0000060001036b6579076578"
        "616d706c650000fa00ff00000000002f09686d61632d736861310000006553f100012c00"
        "14a1eff9cef355598dc0695a6810c9e20915152ea8432100000000",
        "123484000001000000000001074578616d706c6503636f6d0000060001036b6579076578"
        "616d706c650000fa00ff00000000002f09686d61632d736861310000006553f100012c00"
        "14f022f80653090ade54c6ac26830787bf23e5e07f123400000000",
        "123484000000000000000001036b6579076578616d706c650000fa00ff00000000002f09"
        "686d61632d736861310000006553f100012c0014fedda9c2e2a3d6c76d797d4222a7ed3b"
        "f28a78b4123400000000"},
    {TSIG_HMAC_SHA224,
        "123400000001000000000001074578616d706c6503636f6d0000060001036b6579076578"
        "616d706c650000fa00ff0000000000390b686d61632d7368613232340000006553f10001"
        "2c001c6cd2b6855df9016f9633fde6ce2c39c884a2bf3802bfdcbeac39d9a84321000000"
        "00",
        "123484000001000000000001074578616d706c6503636f6d0000060001036b6579076578"
        "616d706c650000fa00ff0000000000390b686d61632d7368613232340000006553f10001"
        "2c001c63d282c2cbe3a637bdf129f6ebed759652d5753e048a15eba504bf5e1234000000"
        "00",
        "123484000000000000000001036b6579076578616d706c650000fa00ff0000000000390b"
        "686d61632d7368613232340000006553f100012c001c7846ab131ae04d78a1382255590a"
        "b64e3b74b6e5b1d47f9f995cfda1123400000000"},
    {TSIG_HMAC_SHA256,
        "123400000001000000000001074578616d706c6503636f6d0000060001036b6579076578"
        "616d706c650000fa00ff00000000003d0b686d61632d7368613235360000006553f10001"
        "2c0020a432c1f17437c674aa121c7c9eb15605e4e190f34a841d3bb94eecda3b6cbba743"
        "2100000000",
        "123484000001000000000001074578616d706c6503636f6d0000060001036b6579076578"
        "616d706c650000fa00ff00000000003d0b686d61632d7368613235360000006553f10001"
        "2c00207c44649de5a84b17cf5558d99c0bd87761409348af57d6fee53b0f0550a98a9612"
        "3400000000",
        "123484000000000000000001036b6579076578616d706c650000fa00ff00000000003d0b"
        "686d61632d7368613235360000006553f100012c00204b8314bf53565c9255da353345aa"
        "a22813610b0fee03911c140755c03f6234a7123400000000"},
    {TSIG_HMAC_SHA384,
        "123400000001000000000001074578616d706c6503636f6d0000060001036b6579076578"
        "616d706c650000fa00ff00000000004d0b686d61632d7368613338340000006553f10001"
        "2c00301d7c9a30430cf8b786157181400befffe05ed25b1876f1aa2fb311bb3208f7d067"
        "71bac828f02dca868d658fbce8b44f432100000000",
        "123484000001000000000001074578616d706c6503636f6d0000060001036b6579076578"
        "616d706c650000fa00ff00000000004d0b686d61632d7368613338340000006553f10001"
        "2c0030dcee567340d98581743b94a8b9bbf2604b726db09297f133ecbdc2ddb42696b6cc"
        "167cabc26ac67f15599b5e1b23f8ef123400000000",
        "123484000000000000000001036b6579076578616d706c650000fa00ff00000000004d0b"
        "686d61632d7368613338340000006553f100012c00303d1af6acbfb0bb82da7ac4ba6cb6"
        "6683ca33615046561e3bf0f5a070005358beb036272fcae68a03a8983522a0e011811234"
        "00000000"},
    {TSIG_HMAC_SHA512,
        "123400000001000000000001074578616d706c6503636f6d0000060001036b6579076578"
        "616d706c650000fa00ff00000000005d0b686d61632d7368613531320000006553f10001"
        "2c004097d8bb175f0f5ab70f4226fcbfc4f8c57735e90a21edbf7f4d687852a8cd84e209"
        "856c6d80c300e3245dd1f47853517547aad4832a39a87dbb440429b0fe036d4321000000"
        "00",
        "123484000001000000000001074578616d706c6503636f6d0000060001036b6579076578"
        "616d706c650000fa00ff00000000005d0b686d61632d7368613531320000006553f10001"
        "2c0040f8abc7e4abc6a9d01caf508084493e2a7538fc7b2a34f89e262f8dbbf281bda3f8"
        "8ad264699534cbbae92c01e6658cef5de596d9d1dd5d78cd9b1c1ef07dffdf1234000000"
        "00",
        "123484000000000000000001036b6579076578616d706c650000fa00ff00000000005d0b"
        "686d61632d7368613531320000006553f100012c0040675413ea1abfd8c8eee8b349a7b6"
        "479e5f55a03d4d41a730e743dd17b0027510b08a185a0dce618488c16b1ba8533cd43dcb"
        "4d4cc6754839f229e8ef0503b33d123400000000"},
};
/* clang-format on */

/* The two without their last record. */
static const char first_plain[] = "1234840000010000000000000745786"
                                  "16d706c6503636f6d0000060001";
static const char second_plain[] = "123484000000000000000000";

static size_t
octets(const char *hex, uint8_t *out, size_t room)
{
	size_t len;

	assert_int_equal(encoding_hex_parse(hex, strlen(hex), out, room, &len), OK);
	return len;
}

static struct tsig_key
key_of(enum tsig_algorithm algorithm)
{
	struct tsig_key key = {.algorithm = algorithm, .secret_len = sizeof(secret) - 1};

	memcpy(key.secret, secret, sizeof(secret) - 1);
	assert_int_equal(name_parse("key.example", 11, &name_root, &key.name), OK);
	return key;
}

static size_t
request_of(const struct vector *v, uint8_t *packet, size_t room, struct tsig *tsig)
{
	size_t len = octets(v->request, packet, room);
	struct query q;

	assert_int_equal(query_parse(packet, len, &q), QUERY_ANSWER);
	assert_int_not_equal(q.tsig_at, 0);
	assert_int_equal(tsig_read(packet, len, q.tsig_at, tsig), OK);
	return len;
}

static void
requests_hold_and_responses_are_alike(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		const struct vector *v = &vectors[i];
		struct tsig_key key = key_of(v->algorithm);
		uint8_t packet[1024], wanted[1024];
		struct tsig_signer signer;
		struct tsig tsig;
		size_t len;

		request_of(v, packet, sizeof(packet), &tsig);
		assert_int_equal(tsig.original_id, 0x4321);
		assert_int_equal(tsig.time_s, THEN);
		assert_int_equal(
		    tsig_verify(&tsig, packet, &key, NULL, 0, THEN), TSIG_OK);
		tsig_signer_answer(&signer, &tsig, &key, TSIG_OK);
		len = octets(first_plain, packet, sizeof(packet));
		assert_int_equal(octets(v->first, wanted, sizeof(wanted)),
		    len + tsig_signer_len(&signer));
		assert_int_equal(tsig_sign(&signer, packet, &len, THEN), OK);
		assert_memory_equal(packet, wanted, len);
		/* over the code of the first, and the timers alone */
		len = octets(second_plain, packet, sizeof(packet));
		assert_int_equal(tsig_sign(&signer, packet, &len, THEN), OK);
		assert_int_equal(octets(v->second, wanted, sizeof(wanted)), len);
		assert_memory_equal(packet, wanted, len);
	}
}

/* In the order of RFC 8945 5.2: what fails first is told. */
static void
what_is_wrong_is_found(void **state)
{
	const struct vector *v = &vectors[TSIG_HMAC_SHA256];
	struct tsig_key key = key_of(TSIG_HMAC_SHA256), other = key_of(TSIG_HMAC_SHA1);
	uint8_t packet[1024];
	struct tsig tsig;

	(void)state;
	request_of(v, packet, sizeof(packet), &tsig);
	assert_int_equal(tsig_verify(&tsig, packet, NULL, NULL, 0, THEN), TSIG_BADKEY);
	assert_int_equal(tsig_verify(&tsig, packet, &other, NULL, 0, THEN), TSIG_BADKEY);
	for (int off = -301; off <= 301; off += 602)
		assert_int_equal(
		    tsig_verify(&tsig, packet, &key, NULL, 0, THEN + off), TSIG_BADTIME);
	for (int off = -300; off <= 300; off += 600)
		assert_int_equal(
		    tsig_verify(&tsig, packet, &key, NULL, 0, THEN + off), TSIG_OK);
	tsig.mac_len = 31;
	assert_int_equal(tsig_verify(&tsig, packet, &key, NULL, 0, THEN), TSIG_BADTRUNC);
	assert_int_equal(
	    tsig_verify(&tsig, packet, &key, NULL, 0, THEN + 301), TSIG_BADTIME);
	tsig.mac_len = 15;
	assert_int_equal(tsig_verify(&tsig, packet, &key, NULL, 0, THEN), TSIG_FORMERR);
	tsig.mac_len = 33;
	assert_int_equal(tsig_verify(&tsig, packet, &key, NULL, 0, THEN), TSIG_FORMERR);
	tsig.mac_len = 32;
	/* any octet of the message, and each variable that is digested */
	packet[5 + DNS_HEADER_LEN] ^= 1;
	assert_int_equal(tsig_verify(&tsig, packet, &key, NULL, 0, THEN), TSIG_BADSIG);
	packet[5 + DNS_HEADER_LEN] ^= 1;
	tsig.fudge_s++;
	assert_int_equal(tsig_verify(&tsig, packet, &key, NULL, 0, THEN), TSIG_BADSIG);
	tsig.fudge_s--;
	tsig.error++;
	assert_int_equal(tsig_verify(&tsig, packet, &key, NULL, 0, THEN), TSIG_BADSIG);
	tsig.error--;
	key.secret[0] ^= 1;
	assert_int_equal(tsig_verify(&tsig, packet, &key, NULL, 0, THEN), TSIG_BADSIG);
}

/* Every cut and every changed octet of the RR: never read beyond, never believed. */
static void
damage_is_harmless(void **state)
{
	const struct vector *v = &vectors[TSIG_HMAC_SHA256];
	struct tsig_key key = key_of(TSIG_HMAC_SHA256);
	uint8_t packet[1024];
	struct tsig tsig;
	size_t len = request_of(v, packet, sizeof(packet), &tsig), at = tsig.at;

	(void)state;
	for (size_t n = at; n < len; n++) {
		uint8_t *cut = malloc(n);

		assert_non_null(cut);
		memcpy(cut, packet, n);
		assert_int_equal(tsig_read(cut, n, at, &tsig), ERR_SYNTAX);
		free(cut);
	}
	for (size_t i = at; i < len; i++) {
		packet[i] ^= 0x81;
		if (tsig_read(packet, len, at, &tsig) == OK)
			assert_int_not_equal(
			    tsig_verify(&tsig, packet, &key, NULL, 0, THEN), TSIG_OK);
		packet[i] ^= 0x81;
	}
}

/* RFC 1035 4.1.4: the owner may be compressed; a pointer leads back, never to itself. */
static void
owners_that_are_compressed(void **state)
{
	static const uint8_t name[] = "\1k\7example\0";
	uint8_t packet[256] = {0};
	const size_t at = 40;
	struct tsig tsig;
	uint8_t *p = packet + at;

	(void)state;
	memcpy(packet + 12, name, sizeof(name) - 1);
	memcpy(p, "\1K\xc0\x0e\0\xfa\0\xff\0\0\0\0\0\x17", 14);
	memcpy(p + 14, "\5alg-x\0\0\0\0\0\0\1\1\x2c\0\0\0\0\0\0\0\0", 23);
	assert_int_equal(tsig_read(packet, at + 37, at, &tsig), OK);
	assert_int_equal(tsig.key_name.len, sizeof(name) - 1);
	assert_memory_equal(tsig.key_name.bytes, name, sizeof(name) - 1);
	p[3] = (uint8_t)at;
	assert_int_equal(tsig_read(packet, at + 37, at, &tsig), ERR_SYNTAX);
	p[3] = (uint8_t)(at + 2);
	assert_int_equal(tsig_read(packet, at + 37, at, &tsig), ERR_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_hold_and_responses_are_alike),
	    cmocka_unit_test(what_is_wrong_is_found),
	    cmocka_unit_test(damage_is_harmless),
	    cmocka_unit_test(owners_that_are_compressed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
