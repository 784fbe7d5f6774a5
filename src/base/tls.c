/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/tls.h"

#include <assert.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "base/mem.h"

struct tls {
	SSL_CTX *ctx;
};

static enum err
refuse(struct buf *why, const char *what, const char *path)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	buf_printf(
	    why, "%s %s: %s", what, path, reason != NULL ? reason : "it can not be read");
	ERR_clear_error();
	return ERR_IO;
}

static enum err
load(SSL_CTX *ctx, const char *ca_file, const char *cert_file, const char *key_file,
    struct buf *why)
{
	ERR_clear_error();
	if (ca_file == NULL) {
		if (SSL_CTX_set_default_verify_paths(ctx) != 1)
			return refuse(why, "the system's certificates", "");
	} else if (SSL_CTX_load_verify_locations(ctx, ca_file, NULL) != 1) {
		return refuse(why, "certificates to trust", ca_file);
	}
	if (cert_file == NULL)
		return OK;
	if (SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1)
		return refuse(why, "certificate", cert_file);
	if (SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1)
		return refuse(why, "private key", key_file);
	return OK;
}

/* Nobody is there to be asked for the passphrase of a key. */
static int
no_passphrase(char *out, int size, int writing, void *ctx)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

enum err
tls_new(const char *ca_file, const char *cert_file, const char *key_file,
    struct tls **out, struct buf *why)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	enum err e;

	assert(ctx != NULL);
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	e = load(ctx, ca_file, cert_file, key_file, why);
	if (e != OK) {
		SSL_CTX_free(ctx);
		return e;
	}
	*out = mem_new(sizeof(**out));
	(*out)->ctx = ctx;
	return OK;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->ctx);
	mem_free(t);
}

static SSL *
make_ssl(struct tls *t, const char *name, const struct ip *address)
{
	SSL *ssl = SSL_new(t->ctx);
	X509_VERIFY_PARAM *param;
	int good;

	assert(ssl != NULL);
	param = SSL_get0_param(ssl);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	/* RFC 6066, 3: an address is no server name */
	if (name != NULL && X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1)
		good = 1;
	else if (name != NULL)
		good = X509_VERIFY_PARAM_set1_host(param, name, 0) == 1 &&
		       SSL_set_tlsext_host_name(ssl, name) == 1;
	else
		good = X509_VERIFY_PARAM_set1_ip(
		           param, address->bytes, address->family == 4 ? 4 : 16) == 1;
	assert(good);
	return ssl;
}

void *
tls_bufferevent(
    struct tls *t, struct loop *loop, const char *name, const struct ip *address)
{
	SSL *ssl = make_ssl(t, name, address);
	struct bufferevent *bev;

	bev = bufferevent_openssl_socket_new(loop_event_base(loop), -1, ssl,
	    BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	assert(bev != NULL);
	/* Redis closes without a word of TLS */
	bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
}

static void
explain(const SSL *ssl, unsigned long code, char *out, size_t size)
{
	long verdict = SSL_get_verify_result(ssl);
	const char *reason = ERR_reason_error_string(code);

	snprintf(out, size, "%s", "");
	if (verdict != X509_V_OK)
		snprintf(out, size, "the server's certificate is not trusted: %s",
		    X509_verify_cert_error_string(verdict));
	else if (reason != NULL)
		snprintf(out, size, "TLS failed: %s", reason);
}

void
tls_explain(void *bufferevent, char *out, size_t size)
{
	explain(bufferevent_openssl_get_ssl(bufferevent),
	    bufferevent_get_openssl_error(bufferevent), out, size);
}

struct tls_stream {
	SSL *ssl;
};

enum err
tls_stream_open(struct tls *t, int fd, const char *name, const struct ip *address,
    struct tls_stream **out, struct buf *why)
{
	SSL *ssl = make_ssl(t, name, address);
	char text[200];

	ERR_clear_error();
	if (SSL_set_fd(ssl, fd) == 1 && SSL_connect(ssl) == 1) {
		*out = mem_new(sizeof(**out));
		(*out)->ssl = ssl;
		return OK;
	}
	explain(ssl, ERR_peek_last_error(), text, sizeof(text));
	buf_str(
	    why, text[0] != '\0' ? text : "TLS failed: the server hung up or is silent");
	ERR_clear_error();
	SSL_free(ssl);
	return ERR_CLOSED;
}

void
tls_stream_close(struct tls_stream *s)
{
	if (s == NULL)
		return;
	SSL_free(s->ssl);
	mem_free(s);
}

int
tls_stream_write(struct tls_stream *s, const char *data, size_t len)
{
	return SSL_write(s->ssl, data, (int)(len < INT_MAX ? len : INT_MAX));
}

int
tls_stream_read(struct tls_stream *s, char *data, size_t size)
{
	return SSL_read(s->ssl, data, (int)(size < INT_MAX ? size : INT_MAX));
}
