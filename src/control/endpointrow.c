/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/endpointrow.h"

#include "control/verbs.h"

const struct target *
endpointrow_target(const struct endpoint *e)
{
	for (unsigned i = 0; i < e->target_count; i++)
		if (target_state(e->targets[i]) == (enum health_state)e->state)
			return e->targets[i];
	return NULL;
}

/* Who said what in place of what is measured; NULL: nobody. */
static const struct override_rule *
override_of(const struct endpointrow *r)
{
	return r->endpoint->override == OVERRIDE_AUTO
	           ? NULL
	           : overrides_find(orders_overrides(r->orders), r->name);
}

static void
write_override_json(const struct endpointrow *r, struct json *j)
{
	const struct override_rule *rule = override_of(r);
	char until[WALL_TEXT_MAX];

	if (rule == NULL) {
		json_set_str(j, "override", NULL);
		return;
	}
	json_set_str(j, "override", override_text(rule->kind));
	json_set_str(j, "override_who", rule->who);
	json_set_str(j, "override_why", rule->why);
	wall_write(rule->until_s, until);
	json_set_str(j, "override_until", rule->until_s != 0 ? until : NULL);
}

/* "drain by alice until 2026-01-31T12:00:00Z: a new kernel" */
static void
write_override(const struct endpointrow *r, struct columns *out)
{
	const struct override_rule *rule = override_of(r);
	char until[WALL_TEXT_MAX];
	struct buf text = {0};

	if (rule != NULL) {
		buf_printf(&text, "%s by %s", override_text(rule->kind), rule->who);
		wall_write(rule->until_s, until);
		if (rule->until_s != 0)
			buf_printf(&text, " until %s", until);
		if (rule->why[0] != '\0')
			buf_printf(&text, ": %s", rule->why);
	}
	columns_cell(out, buf_text(&text));
	buf_fini(&text);
}

static int64_t
held_until_s(const struct target *t)
{
	return wall_now_s() + (t->held.until_ms - mono_now().ms) / 1000;
}

/* Why it is not, or may soon not be, served; and what the fleet says, where it does. */
static void
write_reason(const struct target *t, struct columns *out)
{
	char until[WALL_TEXT_MAX];
	struct buf text = {0};

	if (target_is_held(t)) {
		wall_write(held_until_s(t), until);
		buf_printf(&text, "held until %s: fell %u times", until,
		    held_count(&t->held, mono_now().ms));
	} else {
		buf_printf(&text, "%s%s",
		    t->last_failed             ? t->reason
		    : t->certificate_ends_soon ? "certificate expires soon"
		                               : "",
		    t->machine.is_second ? ", a second look" : "");
	}
	if (t->word != FLEET_SILENT)
		buf_printf(&text, "%s(fleet: %s, votes %u down, %u up)",
		    text.len != 0 ? " " : "", fleet_word_text(t->word), t->votes_down,
		    t->votes_up);
	columns_cell(out, buf_text(&text));
	buf_fini(&text);
}

void
endpointrow_json(const struct endpointrow *r, struct json *list)
{
	const struct target *t = r->target;
	struct json *j = json_object();
	char since[WALL_TEXT_MAX], until[WALL_TEXT_MAX];

	json_set_str(j, "endpoint", r->name);
	json_set_str(
	    j, "state", health_state_text((enum health_state)r->endpoint->state));
	json_set_str(j, "counts_as", standing_text((enum standing)r->endpoint->standing));
	write_override_json(r, j);
	json_set_str(j, "check", t != NULL ? t->check->name : NULL);
	if (t != NULL) {
		wall_write(t->since_wall_s, since);
		json_set_str(j, "since", t->since_wall_s != 0 ? since : NULL);
		json_set_str(j, "reason", t->last_failed ? t->reason : NULL);
		json_set_str(j, "last_failure", t->reason[0] != '\0' ? t->reason : NULL);
		if (t->latency_us != 0)
			json_set_int(j, "latency_us", t->latency_us);
		else
			json_set_str(j, "latency_us", NULL);
		wall_write(t->certificate_until_s, until);
		json_set_str(
		    j, "certificate_until", t->certificate_until_s != 0 ? until : NULL);
		wall_write(held_until_s(t), until);
		json_set_str(j, "held_until", target_is_held(t) ? until : NULL);
		json_set_int(j, "falls", held_count(&t->held, mono_now().ms));
		json_set_bool(j, "second_look", t->machine.is_second);
		json_set_str(j, "measured", health_state_text(t->machine.state));
		json_set_str(j, "fleet",
		    t->word != FLEET_SILENT ? fleet_word_text(t->word) : NULL);
		json_set_int(j, "votes_up", t->votes_up);
		json_set_int(j, "votes_down", t->votes_down);
		json_set_int(j, "probes", (int64_t)t->probes);
		json_set_int(j, "failures", (int64_t)t->failures);
		json_set_int(j, "inconclusive", (int64_t)t->inconclusive);
	}
	json_push(list, j);
}

void
endpointrow_write(const struct endpointrow *r, struct columns *out)
{
	const struct target *t = r->target;
	char age[AGE_TEXT_MAX] = "", since[WALL_TEXT_MAX] = "";

	columns_cell(out, r->name);
	columns_cell(out, health_state_text((enum health_state)r->endpoint->state));
	columns_cell(out, standing_text((enum standing)r->endpoint->standing));
	if (t == NULL) {
		columns_cell(out, "");
		columns_cell(out, "no check");
		columns_cell(out, "");
		columns_cell(out, "");
		columns_cell(out, "");
		write_override(r, out);
		return;
	}
	if (t->since_wall_s != 0) {
		age_write(wall_now_s() - t->since_wall_s, age);
		wall_write(t->since_wall_s, since);
	}
	columns_cell(out, age);
	write_reason(t, out);
	if (t->latency_us != 0)
		columns_cellf(out, "%.1f ms", t->latency_us / 1000.0);
	else
		columns_cell(out, "");
	columns_cell(out, t->check->name);
	columns_cell(out, since);
	write_override(r, out);
}
