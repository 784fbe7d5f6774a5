/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decides what goes into the additional section: glue, and the addresses that whoever
 * asked will want next.
 *
 * Shape: RRsets of this zone only. Glue is all there is; other additional data is for at
 * most ADDITIONAL_NAMES_MAX names, so that no answer costs more look-ups than that.
 * Targets are looked up as questions for them would be, wildcards included; what lies
 * below a delegation is given as glue and for name servers only. The types are those
 * that at least two of BIND, Knot and NSD add to: NS, MX, SRV, KX, RT, SVCB, HTTPS.
 * Steered addresses are left out: a resolver would keep them with a response whose
 * client subnet scope says nothing of them (RFC 7871 7.2.1), and asks for them anyway.
 * In overload all but glue below the cut is left out.
 * Owner: the caller's decision.
 * Threads: any reader that has the world pinned; no allocation.
 * Errors: none: what has no room is left out, and sets TC only where it is glue below
 * the cut.
 * Source: RFC 1034 4.2.1 and 4.3.2 step 6, RFC 2181 9, RFC 9460 4.1, RFC 9471 3.
 */
#ifndef SERVE_ADDITIONAL_H
#define SERVE_ADDITIONAL_H

#include "serve/decide.h"

enum { ADDITIONAL_NAMES_MAX = 16 };

/* Glue of a referral: the addresses of the name servers of a cut. */
void
additional_glue(const struct decide_input *in, struct decision *d, const struct node *cut,
    const struct rrset *ns);

/* Does this type have additional data? */
static inline bool
additional_is_for(uint16_t type)
{
	switch (type) {
	case TYPE_NS:
	case TYPE_MX:
	case TYPE_RT:
	case TYPE_SRV:
	case TYPE_KX:
	case TYPE_SVCB:
	case TYPE_HTTPS:
		return true;
	default:
		return false;
	}
}

/* What goes with an RRset of such a type in the answer section, found at node n. */
void
additional_targets(const struct decide_input *in, struct decision *d,
    const struct rrset *s, const uint8_t *owner, const struct node *n);

#endif
