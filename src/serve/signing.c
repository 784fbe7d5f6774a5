/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/signing.h"

#include "dns/wire.h"

uint16_t
signing_begin(struct signing *s, const struct config *c, const uint8_t *packet,
    size_t len, size_t at, int64_t now_s)
{
	const struct config_key *key;
	enum tsig_error error;

	s->has_rr = false;
	s->key = NULL;
	if (tsig_read(packet, len, at, &s->tsig) != OK)
		return RCODE_FORMERR;
	key = config_find_key(c, &s->tsig.key_name);
	error = tsig_verify(
	    &s->tsig, packet, key != NULL ? &key->tsig : NULL, NULL, 0, now_s);
	if (error == TSIG_FORMERR)
		return RCODE_FORMERR;
	s->has_rr = true;
	tsig_signer_answer(&s->signer, &s->tsig, key != NULL ? &key->tsig : NULL, error);
	if (error != TSIG_OK)
		return RCODE_NOTAUTH;
	s->key = key;
	return RCODE_NOERROR;
}

const char *
signing_reason(const struct signing *s)
{
	switch (s->signer.error) {
	case TSIG_BADKEY:
		return "no key of that name and algorithm";
	case TSIG_BADSIG:
		return "the signature is wrong: secrets differ";
	case TSIG_BADTIME:
		return "clocks differ by more than the fudge";
	default:
		return "the signature is cut short";
	}
}

size_t
signing_len(const struct signing *s)
{
	return s->has_rr ? tsig_signer_len(&s->signer) : 0;
}

size_t
signing_finish(struct signing *s, uint8_t *response, size_t len, int64_t now_s)
{
	/* without libcrypto's code the client does not believe us, as it should */
	if (s->has_rr && tsig_sign(&s->signer, response, &len, now_s) != OK)
		s->has_rr = false;
	return len;
}
