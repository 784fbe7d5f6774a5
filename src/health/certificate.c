/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/certificate.h"

#include "base/event.h"
#include "base/log.h"

/* To have libcurl take a certificate apart costs a fifth of a millisecond. */
enum { LOOK_MS = 3600 * 1000, DAY_S = 24 * 3600 };

bool
certificate_is_due(const struct entry *e, struct mono now)
{
	const struct config_check *c = e->target.check;

	return c->kind == CHECK_HTTP && c->tls && c->certificate_ms != 0 &&
	       (mono_is_never(e->certificate_seen) ||
	           mono_diff_ms(now, e->certificate_seen) >= LOOK_MS);
}

void
certificate_note(struct entry *e, int64_t until_s, struct mono now, int64_t wall_s)
{
	struct target *t = &e->target;
	bool was = t->certificate_ends_soon;
	char subject[TARGET_TEXT_MAX], until[WALL_TEXT_MAX];

	e->certificate_seen = now;
	t->certificate_until_s = until_s;
	t->certificate_ends_soon = until_s - wall_s < t->check->certificate_ms / 1000;
	target_write(&e->target, subject);
	wall_write(until_s, until);
	if (t->certificate_ends_soon)
		event_bad(EVENT_CERTIFICATE, EVENT_WARNING, subject,
		    "the certificate expires at %s, in %lld days", until,
		    (long long)((until_s - wall_s) / DAY_S));
	else if (was)
		event_good(EVENT_CERTIFICATE, subject, "the certificate is good until %s",
		    until);
	if (was == t->certificate_ends_soon)
		return;
	if (was)
		log_notice("certificate renewed target=\"%s\" until=%s", subject, until);
	else
		log_warning(
		    "certificate expires soon target=\"%s\" until=%s", subject, until);
}

void
certificate_forget(const struct entry *e)
{
	char subject[TARGET_TEXT_MAX];

	if (!e->target.certificate_ends_soon)
		return;
	target_write(&e->target, subject);
	event_good(EVENT_CERTIFICATE, subject, "no longer probed");
}
