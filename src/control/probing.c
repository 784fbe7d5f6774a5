/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/probing.h"

#include <inttypes.h>

struct canaries {
	struct json *list;
	struct buf silent; /* those that do not answer */
};

static void
write_canary(void *ctx, struct target *t)
{
	struct canaries *c = ctx;
	char address[IP_TEXT_MAX];
	struct json *j;
	bool answers = health_is_healthy(t->machine.state);

	if (!target_is_canary(t))
		return;
	ip_write(&t->ip, address);
	j = json_object();
	json_set_str(j, "address", address);
	json_set_int(j, "port", t->check->port);
	json_set_bool(j, "answers", answers);
	json_set_str(j, "reason", t->last_failed ? t->reason : NULL);
	json_push(c->list, j);
	if (!answers)
		buf_printf(&c->silent, "%s%s@%u: %s", c->silent.len != 0 ? ", " : "",
		    address, t->check->port, t->reason);
}

static void
write_faults(struct prober *p, struct buf *line, struct json *data)
{
	struct prober_fault faults[PROBER_FAULTS];
	size_t count = prober_get_faults(p, faults);
	struct json *j = json_object();

	for (size_t i = 0; i < count; i++) {
		buf_printf(line, "%s%s %" PRIu64, i == 0 ? " (" : ", ", faults[i].reason,
		    faults[i].count);
		json_set_int(j, faults[i].reason, (int64_t)faults[i].count);
	}
	if (count != 0)
		buf_char(line, ')');
	json_set(data, "inconclusive_reasons", j);
}

/* What is wrong, each a line. */
static void
write_trouble(const struct prober_stats *s, struct buf *out)
{
	struct mono now = mono_now();

	if (s->is_blind)
		buf_printf(out,
		    "BLIND      for %" PRId64
		    " s: nothing answers, every verdict stays as it is\n",
		    mono_diff_ms(now, s->blind_since) / 1000);
	if (s->is_massive)
		buf_printf(out,
		    "MASS       for %" PRId64
		    " s: very much fails in several regions, %zu targets are looked at a "
		    "second time\n",
		    mono_diff_ms(now, s->massive_since) / 1000, s->put_off);
	if (s->is_troubled)
		buf_str(out,
		    "OVERLOAD   many probes are inconclusive, verdicts may be late: "
		    "see prober in status\n");
}

void
probing_write(struct prober *p, bool totals, struct buf *out, struct json *data)
{
	struct prober_stats s;
	struct canaries c = {.list = json_array()};
	struct json *j = json_object();
	struct buf faults = {0};

	prober_get_stats(p, &s);
	write_trouble(&s, out);
	write_faults(p, &faults, j);
	prober_each(p, write_canary, &c);
	if (totals)
		buf_printf(out,
		    "prober     %" PRIu64 " probes, %" PRIu64 " failures, %" PRIu64
		    " inconclusive%s\n",
		    s.probes, s.failures, s.inconclusive, buf_text(&faults));
	if (s.canaries != 0 && (totals || c.silent.len != 0))
		buf_printf(out, "canaries   %zu%s%s\n", s.canaries,
		    c.silent.len != 0 ? ", no answer from " : ", all answer",
		    buf_text(&c.silent));
	json_set_int(j, "probes", (int64_t)s.probes);
	json_set_int(j, "failures", (int64_t)s.failures);
	json_set_int(j, "inconclusive", (int64_t)s.inconclusive);
	json_set_int(j, "late", (int64_t)s.late);
	json_set_bool(j, "overloaded", s.is_troubled);
	json_set_bool(j, "blind", s.is_blind);
	json_set_bool(j, "mass_failure", s.is_massive);
	json_set_int(j, "second_look", (int64_t)s.put_off);
	json_set_int(j, "restored", (int64_t)s.restored);
	json_set(j, "canaries", c.list);
	json_set(data, "prober", j);
	buf_fini(&faults);
	buf_fini(&c.silent);
}
