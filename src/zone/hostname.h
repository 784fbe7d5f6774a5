/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of hosts: what may stand in them, and addresses that were written for names.
 *
 * Shape: names in wire form in, true or false out.
 * Owner: borrowed.
 * Threads: any.
 * Errors: none.
 * Source: RFC 952, RFC 1123 2.1; BIND's check-names.
 */
#ifndef ZONE_HOSTNAME_H
#define ZONE_HOSTNAME_H

#include <stdbool.h>
#include <stdint.h>

/* Labels of letters, digits and hyphens, none of them at an end of a label. */
bool
hostname_is_valid(const uint8_t *name);

/*
 * May addresses and MX belong to this name? A host's name or a wildcard of such; names
 * below _spf or _msdcs, which SPF and Active Directory use, may too.
 */
bool
hostname_is_owner(const uint8_t *name);

/* It begins as an IPv4 address does: the origin was put behind "192.0.2.1". */
bool
hostname_is_address(const uint8_t *name);

#endif
