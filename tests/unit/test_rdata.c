/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "zone/rdata.h"

static uint8_t wire[65535];
static uint8_t again[65535];

/* clang-format off */
static const struct {
	const char *type, *text, *written;
} good[] = {
    {"A", "192.0.2.1",
        "192.0.2.1"},
    {"AAAA", "2001:db8::1",
        "2001:db8::1"},
    {"CNAME", "a",
        "a.example.com."},
    {"MB", "a",
        "a.example.com."},
    {"MG", "a",
        "a.example.com."},
    {"MR", "a",
        "a.example.com."},
    {"WKS", "10.0.0.1 6 25 80",
        "10.0.0.1 6 25 80"},
    {"PTR", "a",
        "a.example.com."},
    {"HINFO", "\"PC\" Linux",
        "\"PC\" \"Linux\""},
    {"MINFO", "a b",
        "a.example.com. b.example.com."},
    {"MX", "10 a",
        "10 a.example.com."},
    {"TXT", "\"a b\" c \"d\\\"\\001;\"",
        "\"a b\" \"c\" \"d\\\"\\001;\""},
    {"RP", "a b",
        "a.example.com. b.example.com."},
    {"AFSDB", "1 a",
        "1 a.example.com."},
    {"X25", "311061700956",
        "\"311061700956\""},
    {"ISDN", "150862028003217 004",
        "\"150862028003217\" \"004\""},
    {"ISDN", "150862028003217",
        "\"150862028003217\""},
    {"RT", "10 a",
        "10 a.example.com."},
    {"NSAP", "0x47.0005.80.005a00.0000.0001.e133.ffffff000161.00",
        "0x47000580005A0000000001E133FFFFFF00016100"},
    {"NSAP-PTR", "a",
        "a.example.com."},
    {"KEY", "256 3 8 AQPSKmyn",
        "256 3 8 AQPSKmyn"},
    {"PX", "10 a b",
        "10 a.example.com. b.example.com."},
    {"GPOS", "-32.6882 116.8652 10.0",
        "\"-32.6882\" \"116.8652\" \"10.0\""},
    {"LOC", "42 21 54 N 71 06 18 W -24m 30m",
        "42 21 54.000 N 71 6 18.000 W -24m 30m 10000m 10m"},
    {"LOC", "42 21 54.5 N 71 06 18.25 E 10m",
        "42 21 54.500 N 71 6 18.250 E 10m 1m 10000m 10m"},
    {"EID", "abcd",
        "ABCD"},
    {"NIMLOC", "abcd",
        "ABCD"},
    {"SRV", "1 2 3 a",
        "1 2 3 a.example.com."},
    {"NAPTR", "100 50 \"s\" \"z3950+I2L+I2C\" \"\" _z3950._tcp",
        "100 50 \"s\" \"z3950+I2L+I2C\" \"\" _z3950._tcp.example.com."},
    {"KX", "10 a",
        "10 a.example.com."},
    {"CERT", "PKIX 1 RSASHA256 AQPSKmyn",
        "1 1 8 AQPSKmyn"},
    {"DNAME", "a",
        "a.example.com."},
    {"APL", "1:192.168.32.0/21 !1:192.168.38.0/28 2:ff00::/8",
        "1:192.168.32.0/21 !1:192.168.38.0/28 2:ff00::/8"},
    {"DS", "60485 5 1 2BB183AF5F22588179A53B0A 98631FAD1A292118",
        "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118"},
    {"SSHFP", "1 1 dd465c09cfa51fb45020cc83316fff2100000000",
        "1 1 DD465C09CFA51FB45020CC83316FFF2100000000"},
    {"IPSECKEY", "10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==",
        "10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ=="},
    {"IPSECKEY", "10 0 0 .",
        "10 0 0 ."},
    {"IPSECKEY", "10 2 2 2001:db8::1 AQNR",
        "10 2 2 2001:db8::1 AQNR"},
    {"IPSECKEY", "10 3 2 gw AQNR",
        "10 3 2 gw.example.com. AQNR"},
    {"RRSIG", "A 5 3 86400 20300322173103 20200220173103 2642 @ oJB1W6WN",
        "A 5 3 86400 20300322173103 20200220173103 2642 example.com. oJB1W6WN"},
    {"NSEC", "host A MX RRSIG NSEC TYPE1234",
        "host.example.com. A MX RRSIG NSEC TYPE1234"},
    {"DNSKEY", "256 3 RSASHA256 AQPSKmyn",
        "256 3 8 AQPSKmyn"},
    {"DHCID", "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=",
        "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="},
    {"NSEC3", "1 1 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG",
        "1 1 12 AABBCCDD 2VPTU5TIMAMQTTGL4LUU9KG21E0AOR3S A RRSIG"},
    {"NSEC3PARAM", "1 0 12 -",
        "1 0 12 -"},
    {"TLSA", "3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971",
        "3 1 1 D2ABDE240D7CD3EE6B4B28C54DF034B97983A1D16E8A410E4561CB106618E971"},
    {"SMIMEA", "3 1 1 d2abde24",
        "3 1 1 D2ABDE24"},
    {"HIP", "2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cIvM4p9+LrV4e19WzK00+CI6zBCQTdtWsuxKbWIy87UOoJTwkUs7lBu+Upr1gsNrut79ryra+bSRGQb1slImA8YVJyuIDsj7kwzG7jnERNqnWxZ48AWkskmdHaVDP4BcelrTI3rMXdXF5D rvs.example.com.",
        "2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cIvM4p9+LrV4e19WzK00+CI6zBCQTdtWsuxKbWIy87UOoJTwkUs7lBu+Upr1gsNrut79ryra+bSRGQb1slImA8YVJyuIDsj7kwzG7jnERNqnWxZ48AWkskmdHaVDP4BcelrTI3rMXdXF5D rvs.example.com."},
    {"TALINK", "a b",
        "a.example.com. b.example.com."},
    {"CDS", "0 0 0 00",
        "0 0 0 00"},
    {"CDNSKEY", "0 3 0 AA==",
        "0 3 0 AA=="},
    {"OPENPGPKEY", "AQPSKmyn",
        "AQPSKmyn"},
    {"CSYNC", "66 3 A NS AAAA",
        "66 3 A NS AAAA"},
    {"ZONEMD", "2018031500 1 1 FEBE3D4CE2EC2FFA4BA99D46CD69D6D29711E55217057BEE7EB1A7B641A47BA7FED2DD5B97AE499FAFA4F22C6BD647DE",
        "2018031500 1 1 FEBE3D4CE2EC2FFA4BA99D46CD69D6D29711E55217057BEE7EB1A7B641A47BA7FED2DD5B97AE499FAFA4F22C6BD647DE"},
    {"SVCB", "0 a",
        "0 a.example.com."},
    {"HTTPS", "1 . alpn=\"h2,h3\" port=8443 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1 mandatory=alpn,port key667=\"hello\\210qoo\" ech=AQPSKmyn no-default-alpn dohpath=\"/dns{?dns}\"",
        "1 . mandatory=alpn,port alpn=\"h2,h3\" no-default-alpn port=8443 ipv4hint=192.0.2.1,192.0.2.2 ech=AQPSKmyn ipv6hint=2001:db8::1 dohpath=\"/dns{?dns}\" key667=\"hello\\210qoo\""},
    {"SPF", "\"v=spf1 -all\"",
        "\"v=spf1 -all\""},
    {"NID", "10 0014:4fff:ff20:ee64",
        "10 0014:4fff:ff20:ee64"},
    {"L32", "10 10.1.2.0",
        "10 10.1.2.0"},
    {"L64", "10 2001:0DB8:1140:1000",
        "10 2001:0db8:1140:1000"},
    {"LP", "10 a",
        "10 a.example.com."},
    {"EUI48", "00-00-5e-00-53-2a",
        "00-00-5e-00-53-2a"},
    {"EUI64", "00-00-5e-ef-10-00-00-2a",
        "00-00-5e-ef-10-00-00-2a"},
    {"URI", "10 1 \"ftp://ftp1.example.com/public\"",
        "10 1 \"ftp://ftp1.example.com/public\""},
    {"CAA", "0 issue letsencrypt.org",
        "0 issue \"letsencrypt.org\""},
    {"AVC", "\"app-name:WOLFGANG\"",
        "\"app-name:WOLFGANG\""},
    {"NINFO", "\"x\" y",
        "\"x\" \"y\""},
    {"RKEY", "0 255 1 AQPSKmyn",
        "0 255 1 AQPSKmyn"},
    {"TA", "30795 1 1 310D27F4D82C1FC2400704EA9939FE6E1CEAA3B9",
        "30795 1 1 310D27F4D82C1FC2400704EA9939FE6E1CEAA3B9"},
    {"DLV", "30795 1 1 310D27F4D82C1FC2400704EA9939FE6E1CEAA3B9",
        "30795 1 1 310D27F4D82C1FC2400704EA9939FE6E1CEAA3B9"},
    {"NULL", "\\# 3 010203",
        "\\# 3 010203"},
    {"A6", "64 ::1:2:3:4 p",
        "64 ::1:2:3:4 p.example.com."},
    {"A6", "0 2001:db8::1",
        "0 2001:db8::1"},
    {"A6", "128 p",
        "128 p.example.com."},
    {"NXT", "a A MX SIG NXT",
        "a.example.com. A MX SIG NXT"},
    {"ATMA", "+61.200000000",
        "+61200000000"},
    {"ATMA", "39.246f00e7",
        "39246F00E7"},
    {"SINK", "1 2 3 aGVs bG8=",
        "1 2 3 aGVsbG8="},
    {"SINK", "1 2 3",
        "1 2 3"},
    {"DOA", "0 1 2 \"text/plain\" aGVsbG8=",
        "0 1 2 \"text/plain\" aGVsbG8="},
    {"DOA", "0 1 2 \"\" -",
        "0 1 2 \"\" -"},
    {"AMTRELAY", "10 1 1 203.0.113.15",
        "10 1 1 203.0.113.15"},
    {"AMTRELAY", "10 0 3 relay",
        "10 0 3 relay.example.com."},
    {"AMTRELAY", "10 0 0 .",
        "10 0 0 ."},
    {"AMTRELAY", "\\# 3 0a0401",
        "\\# 3 0A0401"},
    {"DSYNC", "CDS NOTIFY 5359 a",
        "CDS 1 5359 a.example.com."},
    {"HHIT", "AQPSKmyn",
        "AQPSKmyn"},
    {"KEY", "NOKEY|HOST DNSSEC RSASHA1",
        "49664 3 5"},
    {"DNSKEY", "0x101 3 13 AQPSKmyn",
        "257 3 13 AQPSKmyn"},
    {"DS", "1 8 SHA-1 2BB183AF5F22588179A53B0A98631FAD1A292118",
        "1 8 1 2BB183AF5F22588179A53B0A98631FAD1A292118"},
    {"LOC", "\\# 2 0101",
        "\\# 2 0101"},
    {"TXT", "a\"b\"c",
        "\"a\" \"b\" \"c\""},
    {"HTTPS", "1 . key1=\\002h2 key3=\\000\\053",
        "1 . alpn=\"h2\" port=53"},
    {"RRSIG", "1 5 3 86400 22000101000060 19600101000000 2642 @ oJB1W6WN",
        "A 5 3 86400 20631124173244 20960206062816 2642 example.com. oJB1W6WN"},
    {"TXT", "\\#",
        "\"#\""},
    {"TXT", "\\# a",
        "\"#\" \"a\""},
    {"TXT", "\\# 2 0161",
        "\"a\""},
    {"SSHFP", "1 0",
        "1 0"},
    {"NXT", "a 1 15",
        "a.example.com. A MX"},
    {"NSEC", "a ANY TYPE0",
        "a.example.com. TYPE0 ANY"},
    {"TYPE62347", "\\# 2 abcd",
        "\\# 2 ABCD"},
    {"A", "\\# 4 C0000201",
        "192.0.2.1"},
    {"SIG", "A 5 3 86400 20300322173103 20200220173103 2642 @ oJB1W6WN",
        "A 5 3 86400 20300322173103 20200220173103 2642 example.com. oJB1W6WN"},
    {"RESINFO", "qnamemin",
        "\"qnamemin\""},
    {"WALLET", "\"BTC\" \"x\"",
        "\"BTC\" \"x\""},
};

static const struct {
	const char *type, *text;
	enum err e;
} bad[] = {
    {"A", "192.0.2", ERR_SYNTAX}, {"A", "192.0.2.1 192.0.2.2", ERR_SYNTAX}, {"A", "", ERR_SYNTAX},
    {"A", "2001:db8::1", ERR_SYNTAX}, {"AAAA", "192.0.2.1", ERR_SYNTAX},
    {"MX", "99999 a", ERR_RANGE}, {"MX", "-1 a", ERR_SYNTAX}, {"MX", "10", ERR_SYNTAX},
    {"SRV", "1 2 70000 a", ERR_RANGE}, {"CAA", "256 issue x", ERR_RANGE},
    {"CAA", "0 is-sue x", ERR_SYNTAX},
    {"SOA", "a b 4294967296 1 1 1 1", ERR_RANGE}, {"SOA", "a b 1 99999999999 1 1 1", ERR_RANGE},
    {"DS", "1 8 2 ABC", ERR_SYNTAX}, {"DS", "1 8 2 ABCD", ERR_SYNTAX},
    {"TLSA", "3 1 1 ABC", ERR_SYNTAX}, {"DNSKEY", "256 3 8 A", ERR_SYNTAX},
    {"DNSKEY", "256 3 300 AAAA", ERR_RANGE},
    {"TXT", "v=DKIM1; k=rsa", ERR_SYNTAX}, {"TXT", "\"open", ERR_SYNTAX},
    {"TXT", "a\nb", ERR_SYNTAX}, {"TXT", "\\999", ERR_SYNTAX}, {"TXT", "a\"b", ERR_SYNTAX},
    {"A", "\\# 3 010203", ERR_SYNTAX}, {"A", "\\# 4 010203", ERR_SYNTAX},
    {"A", "\\# 4 0102030", ERR_SYNTAX}, {"MX", "\\# 3 000aff", ERR_SYNTAX},
    {"TYPE62347", "\\# 65536 00", ERR_RANGE}, {"TYPE62347", "\\# 1", ERR_SYNTAX},
    {"TYPE62347", "abc", ERR_UNSUPPORTED},
    {"HTTPS", "1 . port=70000", ERR_RANGE}, {"HTTPS", "1 . port=1 port=2", ERR_SYNTAX},
    {"HTTPS", "1 . mandatory=alpn", ERR_SYNTAX}, {"HTTPS", "1 . no-default-alpn", ERR_SYNTAX},
    {"HTTPS", "1 . key65535=x", ERR_SYNTAX}, {"HTTPS", "1 . key3=x", ERR_SYNTAX},
    {"HTTPS", "65536 .", ERR_RANGE}, {"HTTPS", "1 . nosuch=1", ERR_SYNTAX},
    {"LOC", "91 0 0 N 0 0 0 E 0m", ERR_RANGE}, {"LOC", "1 60 0 N 0 0 0 E 0m", ERR_RANGE},
    {"APL", "1:192.0.2.0/33", ERR_RANGE}, {"WKS", "10.0.0.1 6 70000", ERR_RANGE},
    {"RRSIG", "A 5 3 1 20301322173103 20200220173103 1 @ AAAA", ERR_RANGE},
    {"NSEC", "a NOSUCH", ERR_SYNTAX}, {"EUI48", "00-00-5e-00-53", ERR_SYNTAX},
    {"IPSECKEY", "10 4 2 a AAAA", ERR_RANGE},
    {"A6", "129 p", ERR_RANGE}, {"A6", "64 ::1", ERR_SYNTAX}, {"AMTRELAY", "0 2 0 .", ERR_RANGE},
    {"AMTRELAY", "0 0 4 x", ERR_RANGE}, {"NXT", "a TYPE128", ERR_RANGE},
    {"SIG", "A 5 3 1 1700000000 1600000000 1 @ AAAA", ERR_SYNTAX},
    {"NULL", "x", ERR_UNSUPPORTED}, {"UID", "0", ERR_UNSUPPORTED}, {"X25", "311", ERR_SYNTAX},
    {"URI", "1 1 x", ERR_SYNTAX}, {"ZONEMD", "1 1 1 FEBE3D4CE2EC2FFA4BA99D46", ERR_SYNTAX},
    {"SSHFP", "1 1 00", ERR_SYNTAX}, {"DNSKEY", "256 3 8", ERR_SYNTAX}, {"KEY", "49152 3 8 AA==", ERR_SYNTAX},
    {"RKEY", "1 3 8 AA==", ERR_SYNTAX}, {"IPSECKEY", "10 1 2 192.0.2.1", ERR_SYNTAX},
    {"NSEC", "a", ERR_SYNTAX}, {"NSEC3", "1 0 1 - 00", ERR_SYNTAX}, {"WKS", "10.0.0.1 6 nosuch", ERR_SYNTAX},
    {"NAPTR", "1 1 \"u\" \"x\" \"!a(!b!\" .", ERR_SYNTAX},
    {"NAPTR", "1 1 \"u\" \"x\" \"!(a)!\\\\2!\" .", ERR_SYNTAX},
    {"HTTPS", "1 . dohpath=/q", ERR_SYNTAX}, {"HTTPS", "1 . key667=a\"b\"", ERR_SYNTAX},
    {"LOC", "90 0 0.001 N 0 E 0m", ERR_RANGE}, {"LOC", "0 N 0 E 1 1 1 1 1", ERR_SYNTAX},
    {"DS", "\\# 6 000108010102", ERR_SYNTAX}, {"APL", "\\# 5 0001080100", ERR_SYNTAX},
};
/* clang-format on */

static uint16_t
type_of(const char *text)
{
	uint16_t type = 0;

	assert_int_equal(rdata_type_parse(text, strlen(text), &type), OK);
	return type;
}

/* Text to wire to text, and that text to the same wire. */
static void
test_round_trip(void **state)
{
	struct name origin;

	(void)state;
	assert_int_equal(name_parse("example.com.", 12, NULL, &origin), OK);
	for (size_t i = 0; i < COUNT(good); i++) {
		uint16_t type = type_of(good[i].type);
		struct buf out = {0}, why = {0};
		uint16_t len, again_len;

		if (rdata_parse(type, good[i].text, strlen(good[i].text), &origin, wire,
		        &len, &why) != OK)
			fail_msg("%s %s: %s", good[i].type, good[i].text, buf_text(&why));
		rdata_write(type, wire, len, &out);
		assert_string_equal(buf_text(&out), good[i].written);
		assert_int_equal(rdata_parse(type, buf_text(&out), out.len, NULL, again,
		                     &again_len, &why),
		    OK);
		assert_int_equal(len, again_len);
		assert_memory_equal(wire, again, len);
		buf_fini(&out);
		buf_fini(&why);
	}
}

static void
test_refused(void **state)
{
	struct name origin;

	(void)state;
	assert_int_equal(name_parse("example.com.", 12, NULL, &origin), OK);
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct buf why = {0};
		uint16_t len;
		enum err e = rdata_parse(type_of(bad[i].type), bad[i].text,
		    strlen(bad[i].text), &origin, wire, &len, &why);

		if (e != bad[i].e)
			fail_msg("%s %s: %s", bad[i].type, bad[i].text, err_text(e));
		assert_int_not_equal(why.len, 0);
		buf_fini(&why);
	}
}

static void
test_hint(void **state)
{
	struct buf why = {0};
	uint16_t len;

	(void)state;
	assert_int_equal(
	    rdata_parse(103, "0 ::1", 5, NULL, wire, &len, &why), ERR_UNSUPPORTED);
	assert_non_null(strstr(buf_text(&why), "UNSPEC"));
	assert_non_null(strstr(buf_text(&why), "TYPE103 \\#"));
	buf_fini(&why);
}

static void
test_types(void **state)
{
	static const char *const meta[] = {
	    "OPT", "ANY", "axfr", "MD", "TYPE4", "TYPE0", "TYPE41", "TYPE255"};
	static const char *const none[] = {
	    "", "NOSUCH", "TYPE", "TYPE65536", "TYPE1x", "$TTL"};
	char text[RDATA_TYPE_TEXT_MAX];
	uint16_t type;

	(void)state;
	for (size_t i = 0; i < COUNT(meta); i++)
		assert_int_equal(
		    rdata_type_parse(meta[i], strlen(meta[i]), &type), ERR_UNSUPPORTED);
	for (size_t i = 0; i < COUNT(none); i++)
		assert_int_equal(
		    rdata_type_parse(none[i], strlen(none[i]), &type), ERR_SYNTAX);
	assert_int_equal(type_of("aAaa"), 28);
	assert_int_equal(type_of("POOL"), 65280);
	rdata_type_write(62347, text);
	assert_string_equal(text, "TYPE62347");
}

static void
test_ttl(void **state)
{
	static const struct {
		const char *text;
		enum err e;
		uint32_t ttl;
	} rows[] = {{"0", OK, 0}, {"1h30M", OK, 5400}, {"1w1d1s", OK, 691201},
	    {"2147483647", OK, 2147483647}, {"2147483648", ERR_RANGE, 0},
	    {"99999999999", ERR_RANGE, 0}, {"4000w", ERR_RANGE, 0},
	    {"1h30", ERR_SYNTAX, 0}, {"h", ERR_SYNTAX, 0}, {"1y", ERR_SYNTAX, 0},
	    {"", ERR_SYNTAX, 0}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint32_t ttl = 0;

		assert_int_equal(
		    rdata_ttl_parse(rows[i].text, strlen(rows[i].text), &ttl), rows[i].e);
		assert_int_equal(ttl, rows[i].ttl);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_hint),
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_ttl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
