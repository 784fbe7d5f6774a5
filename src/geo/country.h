/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Country and continent codes as small numbers.
 *
 * Shape: any two letters are a code, 1..676 in alphabetical order; 0 is none. A code
 * is a country when it is in ISO 3166-1, or XK. Continents are 1..7; 0 is none.
 * Owner: static.
 * Threads: any.
 * Errors: none; what is no code is 0.
 * Source: ISO 3166-1 alpha-2; continents as the MaxMind databases have them.
 */
#ifndef GEO_COUNTRY_H
#define GEO_COUNTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { COUNTRY_CODES = 26 * 26 + 1, CONTINENT_CODES = 8 };

/* Exactly two letters in either case; the text needs no NUL. */
uint16_t
country_parse(const char *text, size_t len);

void
country_write(uint16_t country, char out[4]); /* "" for 0 */

bool
country_is_real(uint16_t country);

/* Of a real country; else 0. */
uint8_t
country_continent(uint16_t country);

uint8_t
continent_parse(const char *text, size_t len);

void
continent_write(uint8_t continent, char out[4]);

#endif
