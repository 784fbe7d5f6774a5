/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/builtin.h"

#include <string.h>

#include "config/config.h"

const char *const builtin_regions[] = {"nnam", "snam", "nsam", "ssam", "weu", "ceu",
    "eeu", "ru", "me", "naf", "maf", "saf", "in", "seas", "neas", "oc", NULL};

bool
config_is_builtin_region(const char *name)
{
	size_t i;

	for (i = 0; builtin_regions[i] != NULL; i++) {
		if (strcmp(builtin_regions[i], name) == 0)
			return true;
	}
	return false;
}
