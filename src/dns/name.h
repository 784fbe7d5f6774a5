/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Domain names in uncompressed wire form.
 *
 * Shape: length octet, label, ..., 0; at most 255 octets, 127 labels. struct name
 * holds one by value. struct name_path is a name taken apart for look-ups: lower
 * case, where each label begins, and a hash of every suffix.
 * Owner: values.
 * Threads: any.
 * Errors: ERR_SYNTAX (empty label, bad escape, unescaped blank or control character),
 * ERR_RANGE (label over 63, name over 255). Source: RFC 1035 3.1 and 5.1, RFC 4343
 * (case), RFC 9499 (words).
 */
#ifndef DNS_NAME_H
#define DNS_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dns/wire.h"

#define NAME_TEXT_MAX 1024 /* every octet as \DDD, dots, NUL */

struct name {
	uint8_t len; /* octets with the root label, 1..255 */
	uint8_t bytes[DNS_NAME_MAX];
};

/*
 * label_count labels without the root; offset[i] is where label i of bytes begins,
 * leftmost first, and offset[label_count] the root label. hash[d] is the hash of the
 * suffix with d labels: hash[0] of the root, hash[label_count] of the whole name.
 */
struct name_path {
	uint8_t len;
	uint8_t label_count;
	uint8_t bytes[DNS_NAME_MAX]; /* lower case */
	uint8_t offset[DNS_LABELS_MAX + 1];
	uint64_t hash[DNS_LABELS_MAX + 1];
};

extern const struct name name_root;

/* The suffix of a path with `depth` labels, as wire octets. */
static inline const uint8_t *
name_path_suffix(const struct name_path *p, unsigned depth)
{
	return p->bytes + p->offset[p->label_count - depth];
}

/* Its length in octets. */
static inline uint8_t
name_path_suffix_len(const struct name_path *p, unsigned depth)
{
	return (uint8_t)(p->len - p->offset[p->label_count - depth]);
}

/* Takes a whole, valid wire name apart. */
void
name_path_set(struct name_path *p, const uint8_t *wire, uint8_t len);

/* The hash of label (length octet and octets, lower case) under a suffix with hash
 * parent. */
uint64_t
name_hash_label(uint64_t parent, const uint8_t *label);

/* The hash of a whole lower-case wire name; equals name_path_set()'s last one. */
uint64_t
name_hash(const uint8_t *wire, uint8_t len);

/*
 * Presentation form: labels parted by dots, \DDD and \X escapes. Without a final dot
 * origin is appended (NULL: the name is taken as absolute). "@" alone is origin.
 */
MUST_CHECK enum err
name_parse(const char *text, size_t len, const struct name *origin, struct name *out);

/*
 * Reads an uncompressed name of at most `room` octets at wire; ERR_SYNTAX when it
 * does not end there or has a label type other than 00.
 */
MUST_CHECK enum err
name_read(const uint8_t *wire, size_t room, struct name *out);

/* Absolute presentation form, with final dot (root: "."); returns its length. */
size_t
name_write(const uint8_t *wire, char out[NAME_TEXT_MAX]);

/* The same without the final dot, but "." for the root. */
size_t
name_write_plain(const uint8_t *wire, char out[NAME_TEXT_MAX]);

/* Octets of a valid wire name with the root label. */
uint8_t
name_len(const uint8_t *wire);

/* Labels without the root. */
unsigned
name_label_count(const uint8_t *wire);

/* ASCII letters to lower case, octet by octet (length octets are below 'A'). */
void
name_lower(uint8_t *out, const uint8_t *wire, size_t len);

/* Ignoring case. */
bool
name_equal(const uint8_t *a, const uint8_t *b);

/* True when name is parent or below it, ignoring case. */
bool
name_is_under(const uint8_t *name, const uint8_t *parent);

/* RFC 4034 6.1 canonical order: <0, 0, >0. */
int
name_compare(const uint8_t *a, const uint8_t *b);

/* left.right where left is relative labels (its root label is dropped). */
MUST_CHECK enum err
name_join(const struct name *left, const uint8_t *right, struct name *out);

#endif
