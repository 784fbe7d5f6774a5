/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/country.h"

#include <assert.h>
#include <string.h>

static const struct {
	char code[3];
	const char *countries;
} continents[CONTINENT_CODES] = {
    [1] = {"AF", "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW "
                 "KE KM LR LS LY MA MG ML MR MU MW MZ NA NE NG RE RW SC SD SH SL SN SO "
                 "SS ST SZ TD TG TN TZ UG YT ZA ZM ZW"},
    [2] = {"AN", "AQ BV GS HM TF"},
    [3] = {"AS", "AE AF AM AZ BD BH BN BT CC CN GE HK ID IL IN IO IQ IR JO JP KG KH KP "
                 "KR KW KZ LA LB LK MM MN MO MV MY NP OM PH PK PS QA SA SG SY TH TJ TM "
                 "TR TW UZ VN YE"},
    [4] = {"EU", "AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR "
                 "HU IE IM IS IT JE LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS RU SE "
                 "SI SJ SK SM UA VA XK"},
    [5] = {"NA", "AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN "
                 "KY LC MF MQ MS MX NI PA PM PR SV SX TC TT US VC VG VI"},
    [6] = {"OC", "AS AU CK CX FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TL TO "
                 "TV UM VU WF WS"},
    [7] = {"SA", "AR BO BR CL CO EC FK GF GY PE PY SR UY VE"},
};

static bool
letter(char c, unsigned *out)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c < 'A' || c > 'Z')
		return false;
	*out = (unsigned)(c - 'A');
	return true;
}

uint16_t
country_parse(const char *text, size_t len)
{
	unsigned a, b;

	if (len != 2 || !letter(text[0], &a) || !letter(text[1], &b))
		return 0;
	return (uint16_t)(a * 26 + b + 1);
}

void
country_write(uint16_t country, char out[4])
{
	assert(country < COUNTRY_CODES);
	memset(out, 0, 4);
	if (country == 0)
		return;
	out[0] = (char)('A' + (country - 1) / 26);
	out[1] = (char)('A' + (country - 1) % 26);
}

uint8_t
country_continent(uint16_t country)
{
	char code[4];

	country_write(country, code);
	if (country == 0)
		return 0;
	for (uint8_t i = 1; i < CONTINENT_CODES; i++) {
		/* Letters and blanks alternate, so a match is a whole code. */
		if (strstr(continents[i].countries, code) != NULL)
			return i;
	}
	return 0;
}

bool
country_is_real(uint16_t country)
{
	return country_continent(country) != 0;
}

uint8_t
continent_parse(const char *text, size_t len)
{
	uint16_t code = country_parse(text, len);

	for (uint8_t i = 1; i < CONTINENT_CODES; i++) {
		if (code != 0 && country_parse(continents[i].code, 2) == code)
			return i;
	}
	return 0;
}

void
continent_write(uint8_t continent, char out[4])
{
	assert(continent < CONTINENT_CODES);
	memset(out, 0, 4);
	if (continent != 0)
		memcpy(out, continents[continent].code, 3);
}
