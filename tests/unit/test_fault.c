/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "store/fault.h"
#include "store/role.h"

static void
test_errors(void **state)
{
	static const struct {
		const char *error;
		enum fault fault;
		const char *name, *words;
	} table[] = {
	    {"NOAUTH Authentication required.", FAULT_DENIED, "denied",
	        "wants a password"},
	    {"WRONGPASS invalid username-password pair or user is disabled.",
	        FAULT_DENIED, "denied", "refused user or password"},
	    {"ERR invalid password", FAULT_DENIED, "denied", "refused the password"},
	    {"ERR AUTH <password> called without any password configured for the default "
	     "user. Are you sure your configuration is correct?",
	        FAULT_DENIED, "denied", "has no password"},
	    {"NOPERM this user has no permissions to run the 'scan' command",
	        FAULT_DENIED, "denied", "lacks a permission"},
	    {"LOADING Redis is loading the dataset in memory", FAULT_LOADING, "loading",
	        "still loading"},
	    {"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to "
	     "'no'.",
	        FAULT_MASTER_DOWN, "master-down", "whose master is gone"},
	    {"READONLY You can't write against a read only replica.", FAULT_READ_ONLY,
	        "read-only", "takes no writes"},
	    {"OOM command not allowed when used memory > 'maxmemory'.", FAULT_FULL,
	        "full", "memory is full"},
	    {"MISCONF Redis is configured to save RDB snapshots, but it's currently "
	     "unable "
	     "to persist on disk.",
	        FAULT_DISK, "disk", "can not save"},
	    {"ERR unknown command `HELLO`, with args beginning with: ", FAULT_UNKNOWN,
	        "unknown-command", "does not know"},
	    {"ERR Unknown subcommand or wrong number of arguments for 'TRACKING'",
	        FAULT_UNKNOWN, "unknown-command", "does not know"},
	    {"MOVED 3999 127.0.0.1:6381", FAULT_CLUSTER, "cluster", "not supported"},
	    {"CLUSTERDOWN Hash slot not served", FAULT_CLUSTER, "cluster",
	        "not supported"},
	    {"ERR max number of clients reached", FAULT_FULL, "full", "too many clients"},
	    {"ERR something else", FAULT_ERROR, "error",
	        "the server says: ERR something"},
	    {"LOADINGS", FAULT_ERROR, "error", "the server says"},
	    {"", FAULT_ERROR, "error", "the server says"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char out[300] = "";

		assert_int_equal(
		    fault_of_error(table[i].error, out, sizeof(out)), table[i].fault);
		assert_string_equal(fault_name(table[i].fault), table[i].name);
		assert_non_null(strstr(out, table[i].words));
	}
}

static struct redis_reply
text(char *t)
{
	return (struct redis_reply){.kind = REDIS_TEXT, .text = t, .len = strlen(t)};
}

static void
test_roles(void **state)
{
	static const struct {
		const char *word, *link;
		enum err e;
		enum role_kind kind;
		bool is_current;
		const char *out;
	} table[] = {
	    {"master", "", OK, ROLE_MASTER, true, "master"},
	    {"slave", "connected", OK, ROLE_REPLICA, true, "replica of 192.0.2.1@6379"},
	    {"slave", "sync", OK, ROLE_REPLICA, false,
	        "replica of 192.0.2.1@6379, still being filled from it"},
	    {"slave", "connect", OK, ROLE_REPLICA, false,
	        "replica of 192.0.2.1@6379, out of touch with it"},
	    {"slave", "connecting", OK, ROLE_REPLICA, false,
	        "replica of 192.0.2.1@6379, out of touch with it"},
	    {"sentinel", "", OK, ROLE_SENTINEL, false, "sentinel"},
	    {"emperor", "", ERR_SYNTAX, ROLE_UNKNOWN, false, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct redis_reply word = text((char *)table[i].word);
		struct redis_reply address = text("192.0.2.1");
		struct redis_reply port = {.kind = REDIS_INTEGER, .integer = 6379};
		struct redis_reply link = text((char *)table[i].link);
		struct redis_reply *list[] = {&word, &address, &port, &link, &port};
		struct redis_reply reply = {
		    .kind = REDIS_ARRAY, .list = list, .count = 5};
		struct role role;

		assert_int_equal(role_read(&reply, &role), table[i].e);
		if (table[i].e != OK)
			continue;
		assert_int_equal(role.kind, table[i].kind);
		assert_int_equal(role.is_current, table[i].is_current);
		assert_string_equal(role.text, table[i].out);
		/* a replica that does not say more is none */
		reply.count = 2;
		assert_int_equal(role_read(&reply, &role),
		    table[i].kind == ROLE_REPLICA ? ERR_SYNTAX : OK);
		reply.count = 0;
		assert_int_equal(role_read(&reply, &role), ERR_SYNTAX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_roles),
	};

	return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
