/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>

#include "base/json.h"
#include "control/alertmsg.h"

enum { MANY = 2 * ALERTMSG_LISTED };

static struct alert alerts[MANY];
static const struct alert *list[MANY];
static const struct mono now = {1000000};

static void
make(unsigned i, enum event_kind kind, const char *subject, const char *text)
{
	struct event e = {.kind = kind,
	    .severity = i % 2 == 0 ? EVENT_CRITICAL : EVENT_WARNING,
	    .is_bad = true,
	    .text = (char *)(uintptr_t)text,
	    .at_wall_s = 1700000000};

	alert_init(&alerts[i], kind, subject);
	assert_true(alert_feed(&alerts[i], &e, (struct mono){now.ms - 65000}));
	list[i] = &alerts[i];
}

static void
mend(unsigned i, const char *text)
{
	struct event e = {.kind = alerts[i].kind, .text = (char *)(uintptr_t)text};

	assert_true(alert_feed(&alerts[i], &e, (struct mono){now.ms - 5000}));
}

static void
end(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		alert_fini(&alerts[i]);
}

static struct alertmsg
message(const struct alert_message *what)
{
	return (struct alertmsg){.id = "n-1-2",
	    .node = "ns<1>",
	    .hook = "chat",
	    .now_wall_s = 1700000065,
	    .now = now,
	    .what = what};
}

static void
test_json(void **state)
{
	struct alert_message what = {.bad = list,
	    .bad_count = 1,
	    .good = list + 1,
	    .good_count = 1,
	    .open_count = 7};
	struct alertmsg m = message(&what);
	struct buf out = {0};

	(void)state;
	make(0, EVENT_POOL, "edge", "dark \"<&>\"");
	make(1, EVENT_TARGET, "web 192.0.2.1", "down");
	mend(1, "up");
	alertmsg_write_json(&m, &out);
	assert_string_equal(buf_text(&out),
	    "{\"version\":1,\"id\":\"n-1-2\",\"node\":\"ns<1>\",\"hook\":\"chat\","
	    "\"time\":\"2023-11-14T22:14:25Z\",\"status\":\"mixed\",\"critical\":false,"
	    "\"summary\":\"pool edge: dark \\\"<&>\\\"; target web 192.0.2.1 is good "
	    "again\","
	    "\"bad\":[{\"kind\":\"pool\",\"subject\":\"edge\",\"severity\":\"critical\","
	    "\"text\":\"dark \\\"<&>\\\"\",\"since\":\"2023-11-14T22:13:20Z\","
	    "\"lasted_s\":65,\"relapses\":0}],"
	    "\"good\":[{\"kind\":\"target\",\"subject\":\"web 192.0.2.1\","
	    "\"severity\":\"warning\",\"text\":\"up\",\"since\":\"2023-11-14T22:13:20Z\","
	    "\"lasted_s\":60,\"relapses\":0}],"
	    "\"bad_count\":1,\"good_count\":1,\"open_count\":7,\"lost\":0}");
	buf_clear(&out);
	alertmsg_write_slack(&m, &out);
	assert_string_equal(buf_text(&out),
	    "{\"text\":\"ns&lt;1&gt;: trouble\\n"
	    "CRITICAL pool edge: dark \\\"&lt;&amp;&gt;\\\" (for 1m 5s)\\n"
	    "GOOD target web 192.0.2.1: up (after 1m 0s)\\nopen: 7\"}");
	buf_fini(&out);
	end(2);
}

static void
test_summary(void **state)
{
	static const struct {
		size_t bad, good;
		bool critical, test;
		const char *status, *summary;
	} table[] = {
	    {1, 0, false, false, "trouble", "target t0: down"},
	    {1, 0, true, false, "trouble", "target t0 still: down"},
	    {3, 0, false, false, "trouble",
	        "3 things are bad, target t0 among them: down"},
	    {3, 0, true, false, "trouble",
	        "3 things are still bad, target t0 among them: down"},
	    {0, 1, false, false, "recovery", "target t4 is good again"},
	    {0, 2, false, false, "recovery",
	        "2 things are good again, target t4 among them"},
	    {1, 2, false, false, "mixed",
	        "target t0: down; 2 things are good again, target t4 among them"},
	    {0, 0, false, true, "test", "this is a test"},
	};

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		char name[8];

		snprintf(name, sizeof(name), "t%u", i);
		make(i, EVENT_TARGET, name, "down");
		if (i >= 4)
			mend(i, "up");
	}
	for (size_t i = 0; i < COUNT(table); i++) {
		struct alert_message what = {.bad = list,
		    .bad_count = table[i].bad,
		    .good = list + 4,
		    .good_count = table[i].good};
		struct alertmsg m = message(&what);
		struct buf out = {0};

		m.is_critical = table[i].critical;
		m.is_test = table[i].test;
		alertmsg_write_summary(&m, &out);
		assert_string_equal(buf_text(&out), table[i].summary);
		assert_string_equal(alertmsg_status(&m), table[i].status);
		buf_fini(&out);
	}
	end(8);
}

/* However many there are, a message stays small, and says how many there are. */
static void
test_many(void **state)
{
	struct alert_message what = {.bad = list, .bad_count = MANY, .open_count = MANY};
	struct alertmsg m = message(&what);
	struct buf out = {0}, why = {0};
	struct json *j;

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		make(i, EVENT_TARGET, "t", "down");
	alertmsg_write_json(&m, &out);
	assert_int_equal(json_parse(out.data, out.len, &j, &why), OK);
	assert_int_equal(json_count(json_get(j, "bad")), ALERTMSG_LISTED);
	assert_int_equal(json_int(json_get(j, "bad_count")), MANY);
	json_free(j);
	buf_clear(&out);
	alertmsg_write_slack(&m, &out);
	assert_non_null(strstr(buf_text(&out), "and 50 more"));
	buf_fini(&out);
	buf_fini(&why);
	end(MANY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_summary),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
