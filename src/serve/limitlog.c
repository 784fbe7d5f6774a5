/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/limitlog.h"

#include "base/log.h"

enum { LOOK_MS = 1000 };

static struct limitlog_news
end(struct limitlog *l, const uint64_t sums[COUNT_COUNTERS])
{
	struct limitlog_news news = {
	    .event = LIMITLOG_ENDS,
	    .limited = sums[COUNT_RATE_LIMITED] - l->limited,
	    .slipped = sums[COUNT_RATE_SLIPPED] - l->slipped,
	    .dropped = sums[COUNT_RATE_DROPPED] - l->dropped,
	};

	l->is_limiting = false;
	l->limited = sums[COUNT_RATE_LIMITED];
	l->slipped = sums[COUNT_RATE_SLIPPED];
	l->dropped = sums[COUNT_RATE_DROPPED];
	return news;
}

struct limitlog_news
limitlog_step(struct limitlog *l, const uint64_t sums[COUNT_COUNTERS], struct mono now)
{
	struct limitlog_news news = {.event = LIMITLOG_NOTHING};

	if (sums[COUNT_RATE_LIMITED] != l->seen) {
		l->seen = sums[COUNT_RATE_LIMITED];
		l->grew = now;
	}
	/* what begins again meanwhile is told of when it may be */
	if (!mono_is_never(l->said) && mono_diff_ms(now, l->said) < LIMITLOG_QUIET_MS)
		return news;
	if (!l->is_limiting && l->seen != l->limited) {
		l->is_limiting = true;
		news.event = LIMITLOG_BEGINS;
	} else if (l->is_limiting && mono_diff_ms(now, l->grew) >= LIMITLOG_QUIET_MS) {
		news = end(l, sums);
	}
	if (news.event != LIMITLOG_NOTHING)
		l->said = now;
	return news;
}

static void
on_timer(void *ctx)
{
	struct limitlog *l = ctx;
	uint64_t sums[COUNT_COUNTERS] = {0};
	char text[PREFIX_TEXT_MAX] = "?";
	struct limitlog_news news;
	struct ip_prefix prefix;
	struct mono at;

	workers_sum(l->workers, sums);
	news = limitlog_step(l, sums, mono_now());
	if (news.event == LIMITLOG_BEGINS) {
		if (workers_last_limited(l->workers, &prefix, &at))
			ip_prefix_write(&prefix, text);
		log_warning("rate limit begins prefix=%s log_only=%s", text,
		    (*l->parts)->config->server.rate_limit.log_only ? "on" : "off");
	} else if (news.event == LIMITLOG_ENDS) {
		log_notice("rate limit ends limited=%llu slipped=%llu dropped=%llu",
		    (unsigned long long)news.limited, (unsigned long long)news.slipped,
		    (unsigned long long)news.dropped);
	}
	loop_timer_set_ms(l->timer, LOOK_MS);
}

void
limitlog_open(struct limitlog *l, struct loop *loop, const struct workers *workers,
    struct parts *const *parts)
{
	*l = (struct limitlog){
	    .timer = loop_timer_new(loop, on_timer, l),
	    .workers = workers,
	    .parts = parts,
	};
	loop_timer_set_ms(l->timer, LOOK_MS);
}

void
limitlog_close(struct limitlog *l)
{
	loop_timer_free(l->timer);
	l->timer = NULL;
}
