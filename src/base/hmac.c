/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>

static const struct {
	const char *name;
	size_t len;
} hashes[HMAC_HASHES] = {
    [HMAC_SHA1] = {"SHA1", 20},
    [HMAC_SHA224] = {"SHA224", 28},
    [HMAC_SHA256] = {"SHA256", 32},
    [HMAC_SHA384] = {"SHA384", 48},
    [HMAC_SHA512] = {"SHA512", 64},
};

/* Found once, as finding takes longer than a code does; libcrypto frees it at exit. */
static EVP_MAC *mac;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
free_mac(void)
{
	EVP_MAC_free(mac);
}

static void
find_mac(void)
{
	mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (mac != NULL && !OPENSSL_atexit(free_mac))
		free_mac();
}

size_t
hmac_len(enum hmac_hash hash)
{
	return hashes[hash].len;
}

enum err
hmac(enum hmac_hash hash, const void *secret, size_t secret_len,
    const struct hmac_part *parts, size_t count, uint8_t out[HMAC_LEN_MAX])
{
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(
	        "digest", (char *)(uintptr_t)hashes[hash].name, 0),
	    OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *ctx;
	size_t len = 0;
	bool ok;

	pthread_once(&once, find_mac);
	ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	ok = ctx != NULL && EVP_MAC_init(ctx, secret, secret_len, params);
	for (size_t i = 0; ok && i < count; i++)
		ok = EVP_MAC_update(ctx, parts[i].data, parts[i].len);
	ok = ok && EVP_MAC_final(ctx, out, &len, HMAC_LEN_MAX) && len == hmac_len(hash);
	EVP_MAC_CTX_free(ctx);
	return ok ? OK : ERR_IO;
}

bool
hmac_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
