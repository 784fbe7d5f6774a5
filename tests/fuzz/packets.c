/* SPDX-License-Identifier: BSD-2-Clause */
#include "packets.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/clock.h"
#include "base/mem.h"
#include "dns/tsig.h"
#include "dns/wire.h"

enum { SEEDS_MAX = 1024, LABEL_MAX = 63, NAME_MAX_LEN = 255 };

static struct {
	uint8_t *data;
	size_t len;
} seeds[SEEDS_MAX];
static size_t seed_count;

/* What tests/system/test_wire.py has in its zones, and what it has not. */
static const char *const names[] = {"canary.example.com", "example.com",
    "www.example.com", "edge.example.com", "alias.example.com", "cname.example.com",
    "a.w.example.com", "w.example.com", "b.t.example.com", "q.c.example.com",
    "x.d.example.com", "d.example.com", "y.r1.example.com", "c1.example.com",
    "lost.example.com", "h.sub.example.com", "sub.example.com", "mx.example.com",
    "big.example.com", "huge.example.com", "svc.example.com", "x.h0.example.com",
    "nx.example.com", "*.w.example.com", "a.b.nx.example.com", "deep.ent.example.com",
    "ent.example.com", "example.org", "com", "", "s.store.example", "any.store.example",
    "version.bind", "id.server", "hostname.bind"};
static const uint16_t types[] = {1, 1, 1, 28, 28, 2, 5, 6, 12, 15, 16, 33, 35, 39, 41, 43,
    46, 47, 48, 50, 52, 64, 65, 99, 249, 250, 251, 252, 253, 255, 255, 257, 0, 65280,
    65535};
static const uint16_t classes[] = {1, 1, 1, 1, 1, 1, 1, 1, 3, 254, 255, 0};

void
packets_load(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (dir == NULL) {
		fprintf(stderr, "wirefuzz: no folder %s\n", folder);
		exit(2);
	}
	while ((entry = readdir(dir)) != NULL && seed_count < SEEDS_MAX) {
		struct buf why = {0};
		char *path, *data;
		size_t len;

		if (entry->d_name[0] == '.')
			continue;
		path = mem_printf("%s/%s", folder, entry->d_name);
		if (file_read(path, 1 << 20, &data, &len, &why) != OK) {
			fprintf(stderr, "wirefuzz: %s\n", buf_text(&why));
			exit(2);
		}
		seeds[seed_count].data = (uint8_t *)data;
		seeds[seed_count++].len = len < PACKET_MAX ? len : PACKET_MAX;
		mem_free(path);
	}
	closedir(dir);
}

static void
put(struct packet *p, const void *data, size_t len)
{
	if (p->len + len > PACKET_MAX)
		len = PACKET_MAX - p->len;
	memcpy(p->data + p->len, data, len);
	p->len += len;
}

static void
put8(struct packet *p, uint32_t v)
{
	uint8_t b = (uint8_t)v;

	put(p, &b, 1);
}

static void
put16(struct packet *p, uint32_t v)
{
	put8(p, v >> 8);
	put8(p, v);
}

/* Of what follows these two octets, which are not there if the packet was full. */
static void
put_length(struct packet *p, size_t at)
{
	if (at + 2 <= p->len)
		wire_put16(p->data + at, (uint16_t)(p->len - at - 2));
}

static void
put_noise(struct rng *r, struct packet *p, size_t len)
{
	while (len-- != 0)
		put8(p, rng_next(r));
}

static void
put_name(struct rng *r, struct packet *p, const char *text)
{
	bool shouts = rng_one_in(r, 4);

	while (*text != '\0') {
		size_t len = strcspn(text, ".");

		put8(p, (uint32_t)len);
		for (size_t i = 0; i < len; i++) {
			char c = text[i];

			if (shouts && c >= 'a' && c <= 'z' && rng_one_in(r, 2))
				c = (char)(c - 'a' + 'A');
			put8(p, (uint32_t)(unsigned char)c);
		}
		text += len + (text[len] == '.');
	}
	put8(p, 0);
}

static const char *
any_name(struct rng *r)
{
	return names[rng_below(r, sizeof(names) / sizeof(*names))];
}

/* One more in the section, 0 to 3. */
static void
count_up(struct packet *p, unsigned section)
{
	uint8_t *at = p->data + 4 + 2 * section;

	wire_put16(at, (uint16_t)(wire_get16(at) + 1));
}

static void
put_option(struct rng *r, struct packet *p)
{
	static const uint8_t lengths_of_cookies[] = {8, 8, 16, 24, 32, 40};
	uint32_t bits;

	switch (rng_below(r, 7)) {
	case 0: /* client subnet, IPv4 or IPv6 */
		bits = rng_below(r, 33);
		if (rng_one_in(r, 3)) {
			bits = rng_below(r, 129);
			put16(p, 8);
			put16(p, 4 + (bits + 7) / 8);
			put16(p, 2);
		} else {
			put16(p, 8);
			put16(p, 4 + (bits + 7) / 8);
			put16(p, 1);
		}
		put8(p, bits);
		put8(p, 0);
		for (uint32_t i = 0; i < bits / 8; i++)
			put8(p, i == 0 ? 127 : rng_below(r, 3));
		if (bits % 8 != 0)
			put8(p, 0);
		break;
	case 1: /* cookie */
		bits = lengths_of_cookies[rng_below(r, sizeof(lengths_of_cookies))];
		put16(p, 10);
		put16(p, bits);
		put_noise(r, p, bits);
		break;
	case 2: /* NSID */
		put16(p, 3);
		put16(p, 0);
		break;
	case 3: /* TCP keepalive */
		put16(p, 11);
		put16(p, 0);
		break;
	case 4: /* padding */
		bits = rng_below(r, 300);
		put16(p, 12);
		put16(p, bits);
		while (bits-- != 0)
			put8(p, 0);
		break;
	case 5: /* expire */
		put16(p, 9);
		put16(p, 0);
		break;
	default: /* unknown */
		bits = rng_below(r, 20);
		put16(p, 65001 + rng_below(r, 500));
		put16(p, bits);
		put_noise(r, p, bits);
	}
}

static void
put_opt(struct rng *r, struct packet *p)
{
	static const uint16_t sizes[] = {0, 511, 512, 513, 1231, 1232, 1233, 4096, 65535};
	size_t length_at;

	put8(p, 0);
	put16(p, 41);
	put16(p, sizes[rng_below(r, sizeof(sizes) / sizeof(*sizes))]);
	put8(p, 0);
	put8(p, rng_one_in(r, 30) ? rng_next(r) : 0); /* version */
	put16(p, rng_one_in(r, 3) ? 0x8000 : rng_one_in(r, 8) ? rng_next(r) : 0);
	length_at = p->len;
	put16(p, 0);
	for (uint32_t n = rng_below(r, 5); n-- != 0;)
		put_option(r, p);
	put_length(p, length_at);
	count_up(p, 3);
}

static void
put_tsig(struct rng *r, struct packet *p)
{
	static const uint8_t mac_lengths[] = {0, 16, 20, 32, 32, 64};
	uint32_t mac = mac_lengths[rng_below(r, sizeof(mac_lengths))];
	size_t length_at;

	put_name(r, p, rng_one_in(r, 2) ? "key.example" : any_name(r));
	put16(p, 250);
	put16(p, 255);
	put16(p, 0);
	put16(p, 0);
	length_at = p->len;
	put16(p, 0);
	put_name(r, p, rng_one_in(r, 4) ? "hmac-md5.sig-alg.reg.int" : "hmac-sha256");
	put_noise(r, p, 6);
	put16(p, 300);
	put16(p, mac);
	put_noise(r, p, mac);
	put_noise(r, p, 2);
	put16(p, 0);
	put16(p, 0);
	put_length(p, length_at);
	count_up(p, 3);
}

static void
put_soa(struct rng *r, struct packet *p, const char *owner, unsigned section)
{
	put_name(r, p, owner);
	put16(p, 6);
	put16(p, 1);
	put16(p, 0);
	put16(p, 0);
	put16(p, 22);
	put16(p, 0);
	put_noise(r, p, 20);
	count_up(p, section);
}

/* A message that breaks no rule of form. */
static void
make_good(struct rng *r, struct packet *p)
{
	static const uint8_t opcodes[] = {4, 5, 2, 6, 1, 15};
	const char *name = any_name(r);
	uint16_t type = types[rng_below(r, sizeof(types) / sizeof(*types))];
	bool is_other = rng_one_in(r, 16);

	memset(p->data, 0, DNS_HEADER_LEN);
	p->len = DNS_HEADER_LEN;
	p->data[2] = (uint8_t)(rng_below(r, 2));
	if (is_other)
		p->data[2] = (uint8_t)(opcodes[rng_below(r, sizeof(opcodes))] << 3);
	put_name(r, p, name);
	/* a transfer may be long: it is asked for, but not by every tenth */
	if ((type == 251 || type == 252) && !rng_one_in(r, 4))
		type = 1;
	put16(p, type);
	put16(p, classes[rng_below(r, sizeof(classes) / sizeof(*classes))]);
	count_up(p, 0);
	if (type == 251)
		put_soa(r, p, name, 2);
	else if (is_other)
		put_soa(r, p, name, 1);
	if (!rng_one_in(r, 4))
		put_opt(r, p);
	p->is_to_be_signed = rng_one_in(r, 12);
	if (!p->is_to_be_signed && rng_one_in(r, 12))
		put_tsig(r, p);
	p->is_good = true;
}

void
packets_sign(struct packet *p)
{
	static const char secret[] = "secretsecretsecret";
	struct tsig_key key = {
	    .algorithm = TSIG_HMAC_SHA256, .secret_len = sizeof(secret) - 1};
	struct tsig_signer signer;

	memcpy(key.secret, secret, key.secret_len);
	if (name_parse("key.example", 11, NULL, &key.name) != OK)
		abort();
	tsig_signer_init(&signer, &key);
	if (p->len + tsig_signer_len(&signer) <= PACKET_MAX &&
	    tsig_sign(&signer, p->data, &p->len, wall_now_s()) != OK)
		abort();
}

/* Changes octets without moving any. */
static void
spoil_in_place(struct rng *r, struct packet *p)
{
	static const uint8_t odd[] = {0, 1, 63, 64, 127, 128, 191, 192, 193, 254, 255};
	size_t at = rng_below(r, p->len);

	switch (rng_below(r, 7)) {
	case 0: /* a bit */
		p->data[at] ^= (uint8_t)(1u << rng_below(r, 8));
		break;
	case 1: /* an octet */
		p->data[at] = (uint8_t)rng_next(r);
		break;
	case 2: /* what means something in a name */
		p->data[at] = odd[rng_below(r, sizeof(odd))];
		break;
	case 3: /* a count that lies */
		if (p->len >= DNS_HEADER_LEN)
			p->data[4 + rng_below(r, 8)] = rng_one_in(r, 2)
			                                   ? (uint8_t)rng_below(r, 4)
			                                   : (uint8_t)rng_next(r);
		break;
	case 4: /* a compression pointer: ahead, back, or to itself */
		if (at + 2 <= p->len)
			wire_put16(p->data + at,
			    (uint16_t)(0xc000 |
			               (rng_one_in(r, 3) ? at : rng_below(r, p->len))));
		break;
	case 5: /* two pointers that point at each other */
		if (at + 4 <= p->len) {
			wire_put16(p->data + at, (uint16_t)(0xc000 | (at + 2)));
			wire_put16(p->data + at + 2, (uint16_t)(0xc000 | at));
		}
		break;
	default: /* the second octet of flags, or the first */
		if (p->len >= 4)
			p->data[2 + rng_below(r, 2)] = (uint8_t)rng_next(r);
	}
}

/* Makes it shorter or longer. */
static void
spoil_length(struct rng *r, struct packet *p)
{
	size_t at = rng_below(r, p->len), n = rng_below(r, p->len - at + 1), from;
	struct packet other;

	switch (rng_below(r, 7)) {
	case 0: /* cut off */
		p->len = at;
		break;
	case 1: /* a hole */
		memmove(p->data + at, p->data + at + n, p->len - at - n);
		p->len -= n;
		break;
	case 2: /* said twice */
		put(p, p->data + at, n);
		break;
	case 3: /* noise behind it */
		put_noise(r, p, rng_below(r, 40));
		break;
	case 4: /* the end of another */
		make_good(r, &other);
		from = rng_below(r, other.len);
		p->len = at;
		put(p, other.data + from, other.len - from);
		break;
	case 5: /* many OPTs */
		if (p->len >= DNS_HEADER_LEN)
			for (n = 1 + rng_below(r, 30); n-- != 0;)
				put_opt(r, p);
		break;
	default: /* more questions, or a TSIG too many */
		if (p->len < DNS_HEADER_LEN)
			break;
		if (rng_one_in(r, 2)) {
			put_tsig(r, p);
			break;
		}
		put_name(r, p, any_name(r));
		put16(p, 1);
		put16(p, 1);
		count_up(p, 0);
	}
}

/* A question whose name is as long as names may be, or longer. */
static void
make_long_name(struct rng *r, struct packet *p)
{
	size_t label = 1 + rng_below(r, LABEL_MAX), total = 100 + rng_below(r, 200);

	memset(p->data, 0, DNS_HEADER_LEN);
	p->len = DNS_HEADER_LEN;
	while (p->len < DNS_HEADER_LEN + total) {
		put8(p, (uint32_t)label);
		put_noise(r, p, label);
	}
	put_name(r, p, "d.example.com");
	put16(p, 1);
	put16(p, 1);
	count_up(p, 0);
}

void
packets_make(struct rng *r, struct packet *p)
{
	uint32_t what = rng_below(r, 100), spoils = 1 + rng_below(r, 4);

	p->len = 0;
	p->is_good = p->is_to_be_signed = false;
	if (what < 2) {
		put_noise(r, p, rng_below(r, 600));
		return;
	}
	if (what < 4) {
		make_long_name(r, p);
		return;
	}
	if (what < 24 && seed_count != 0) {
		size_t i = rng_below(r, seed_count);

		put(p, seeds[i].data, seeds[i].len);
	} else {
		make_good(r, p);
	}
	if (what >= 90)
		return;
	/* what is signed when it is spoilt gets further than what is spoilt when signed
	 */
	p->is_good = false;
	while (spoils-- != 0 && p->len != 0)
		if (rng_one_in(r, 3))
			spoil_length(r, p);
		else
			spoil_in_place(r, p);
}
