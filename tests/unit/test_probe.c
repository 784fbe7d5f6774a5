/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>

#include "health/probe.h"

static const struct {
	int error;
	bool has_route;
	enum health_outcome outcome;
	const char *reason;
} connects[] = {
    {ECONNREFUSED, true, OUTCOME_FAILURE, "connect-refused"},
    {ETIMEDOUT, true, OUTCOME_FAILURE, "connect-timeout"},
    {EHOSTUNREACH, true, OUTCOME_FAILURE, "unreachable"},
    {EHOSTUNREACH, false, OUTCOME_FAILURE, "unreachable"},
    {ENETUNREACH, true, OUTCOME_FAILURE, "unreachable"},
    {ENETUNREACH, false, OUTCOME_INCONCLUSIVE, "no-route"},
    {ECONNRESET, true, OUTCOME_FAILURE, "reset"},
    {EMFILE, true, OUTCOME_INCONCLUSIVE, "no-descriptor"},
    {ENFILE, true, OUTCOME_INCONCLUSIVE, "no-descriptor"},
    {ENOBUFS, true, OUTCOME_INCONCLUSIVE, "no-memory"},
    {ENOMEM, true, OUTCOME_INCONCLUSIVE, "no-memory"},
    {EADDRNOTAVAIL, true, OUTCOME_INCONCLUSIVE, "no-local-port"},
    {EAGAIN, true, OUTCOME_INCONCLUSIVE, "no-local-port"},
    {EAFNOSUPPORT, true, OUTCOME_INCONCLUSIVE, "no-address-family"},
    {EPERM, true, OUTCOME_INCONCLUSIVE, "not-permitted"},
    {ENETDOWN, true, OUTCOME_INCONCLUSIVE, "network-down"},
};

static const struct {
	int error;
	enum health_outcome outcome;
	const char *reason;
} streams[] = {
    {0, OUTCOME_FAILURE, "closed"},
    {EAGAIN, OUTCOME_FAILURE, "closed"},
    {ECONNRESET, OUTCOME_FAILURE, "reset"},
    {EPIPE, OUTCOME_FAILURE, "reset"},
    {ETIMEDOUT, OUTCOME_FAILURE, "timeout"},
    {EHOSTUNREACH, OUTCOME_FAILURE, "unreachable"},
    {ENOBUFS, OUTCOME_INCONCLUSIVE, "no-memory"},
};

static void
test_connect(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(connects); i++) {
		struct probe_result r = {0};

		probe_set_connect_error(&r, connects[i].error, connects[i].has_route);
		assert_string_equal(r.reason, connects[i].reason);
		assert_int_equal(r.outcome, connects[i].outcome);
	}
}

static void
test_stream(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(streams); i++) {
		struct probe_result r = {0};

		probe_set_stream_error(&r, streams[i].error);
		assert_string_equal(r.reason, streams[i].reason);
		assert_int_equal(r.outcome, streams[i].outcome);
	}
}

static void
test_texts(void **state)
{
	struct probe_result r = {0};

	(void)state;
	probe_fail(&r, "status %d", 503);
	assert_string_equal(r.reason, "status 503");
	assert_int_equal(r.outcome, OUTCOME_FAILURE);
	probe_succeed(&r);
	assert_string_equal(r.reason, "");
	assert_int_equal(r.outcome, OUTCOME_SUCCESS);
	probe_doubt(&r, "late");
	assert_int_equal(r.outcome, OUTCOME_INCONCLUSIVE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_connect),
	    cmocka_unit_test(test_stream),
	    cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
