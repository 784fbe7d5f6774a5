/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/sha256.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool
add_all(EVP_MD_CTX *ctx, FILE *f)
{
	char chunk[65536];
	size_t len;

	while ((len = fread(chunk, 1, sizeof(chunk), f)) != 0)
		if (EVP_DigestUpdate(ctx, chunk, len) != 1)
			return false;
	return !ferror(f);
}

enum err
sha256_file(const char *path, char out[SHA256_TEXT_MAX], struct buf *why)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	FILE *f = fopen(path, "rbe");
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	bool done = ctx != NULL && f != NULL &&
	            EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 && add_all(ctx, f) &&
	            EVP_DigestFinal_ex(ctx, sum, &len) == 1 && len == 32;

	for (unsigned i = 0; done && i < len; i++)
		snprintf(out + (size_t)2 * i, 3, "%02x", sum[i]);
	if (!done)
		buf_printf(why, "cannot sum %s: %s", path, strerror(errno));
	if (f != NULL)
		fclose(f);
	EVP_MD_CTX_free(ctx);
	return done ? OK : ERR_IO;
}
