/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/hostname.h"

#include <stddef.h>
#include <strings.h>

static bool
is_letter_or_digit(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26 || (uint8_t)(c - '0') < 10;
}

static bool
is_label(const uint8_t *label)
{
	uint8_t len = label[0];

	if (!is_letter_or_digit(label[1]) || !is_letter_or_digit(label[len]))
		return false;
	for (uint8_t i = 2; i < len; i++)
		if (!is_letter_or_digit(label[i]) && label[i] != '-')
			return false;
	return true;
}

bool
hostname_is_valid(const uint8_t *name)
{
	for (; name[0] != 0; name += 1 + name[0])
		if (!is_label(name))
			return false;
	return true;
}

static bool
has_prefix(const uint8_t *label, const char *prefix, size_t len)
{
	return label[0] >= len && strncasecmp((const char *)label + 1, prefix, len) == 0;
}

bool
hostname_is_owner(const uint8_t *name)
{
	if (name[0] == 1 && name[1] == '*')
		name += 2;
	if (hostname_is_valid(name))
		return true;
	for (; name[0] != 0; name += 1 + name[0])
		if (has_prefix(name, "_spf", 4) || has_prefix(name, "_msdcs", 6))
			return true;
	return false;
}

static bool
is_octet(const uint8_t *label)
{
	unsigned value = 0;

	if (label[0] == 0 || label[0] > 3)
		return false;
	for (uint8_t i = 1; i <= label[0]; i++) {
		if (label[i] < '0' || label[i] > '9')
			return false;
		value = value * 10 + label[i] - '0';
	}
	return value <= 255;
}

bool
hostname_is_address(const uint8_t *name)
{
	for (unsigned i = 0; i < 4; i++, name += 1 + name[0])
		if (!is_octet(name))
			return false;
	return !is_octet(name);
}
