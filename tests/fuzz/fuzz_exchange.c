/* SPDX-License-Identifier: BSD-2-Clause */
/* A line of an import: what is read and written again reads the same. */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "store/exchange.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fields first = {0}, second = {0};
	char *key = NULL, *again = NULL;
	struct buf line = {0}, why = {0};
	enum err e = exchange_read((const char *)data, size, &key, &first, &why);

	assert((e == OK) == (key != NULL));
	assert(e == OK || why.len != 0);
	if (e == OK) {
		exchange_write(key, &first, &line);
		assert(memchr(line.data, '\n', line.len) == NULL);
		e = exchange_read(line.data, line.len, &again, &second, &why);
		assert(e == OK);
		assert(strcmp(key, again) == 0);
		assert(fields_sum("", 0, &first) == fields_sum("", 0, &second));
	}
	mem_free(key);
	mem_free(again);
	fields_fini(&first);
	fields_fini(&second);
	buf_fini(&line);
	buf_fini(&why);
	return 0;
}
