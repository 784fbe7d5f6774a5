# SPDX-License-Identifier: BSD-2-Clause

check_PROGRAMS += tests/unit/test_answer
tests_unit_test_answer_SOURCES = tests/unit/test_answer.c tests/unit/unit.h \
	tests/unit/answer_make.h tests/unit/world_make.h
tests_unit_test_answer_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(LDNS_CFLAGS)
tests_unit_test_answer_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_answer

check_PROGRAMS += tests/unit/test_udp
tests_unit_test_udp_SOURCES = tests/unit/test_udp.c tests/unit/unit.h \
	tests/unit/serve_make.h tests/unit/world_make.h
tests_unit_test_udp_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_udp_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_udp

check_PROGRAMS += tests/unit/test_tcp
tests_unit_test_tcp_SOURCES = tests/unit/test_tcp.c tests/unit/unit.h \
	tests/unit/serve_make.h tests/unit/tcp_client.h tests/unit/world_make.h
tests_unit_test_tcp_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tcp_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_tcp

check_PROGRAMS += tests/unit/test_tcp_limits
tests_unit_test_tcp_limits_SOURCES = tests/unit/test_tcp_limits.c tests/unit/unit.h \
	tests/unit/serve_make.h tests/unit/tcp_client.h tests/unit/world_make.h
tests_unit_test_tcp_limits_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tcp_limits_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_tcp_limits

check_PROGRAMS += tests/unit/test_crowd
tests_unit_test_crowd_SOURCES = tests/unit/test_crowd.c tests/unit/unit.h
tests_unit_test_crowd_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_crowd_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_crowd

check_PROGRAMS += tests/unit/test_round
tests_unit_test_round_SOURCES = tests/unit/test_round.c tests/unit/unit.h \
	tests/unit/serve_make.h tests/unit/world_make.h
tests_unit_test_round_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_round_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_round

check_PROGRAMS += tests/unit/test_connection
tests_unit_test_connection_SOURCES = tests/unit/test_connection.c tests/unit/unit.h \
	tests/unit/serve_make.h tests/unit/tcp_client.h tests/unit/world_make.h
tests_unit_test_connection_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_connection_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_connection

check_PROGRAMS += tests/unit/test_limit
tests_unit_test_limit_SOURCES = tests/unit/test_limit.c tests/unit/unit.h \
	tests/unit/world_make.h
tests_unit_test_limit_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_limit_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_limit

check_PROGRAMS += tests/unit/test_chaos
tests_unit_test_chaos_SOURCES = tests/unit/test_chaos.c tests/unit/unit.h
tests_unit_test_chaos_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_chaos_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_chaos

check_PROGRAMS += tests/unit/test_limit_answer
tests_unit_test_limit_answer_SOURCES = tests/unit/test_limit_answer.c tests/unit/unit.h \
	tests/unit/world_make.h
tests_unit_test_limit_answer_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_limit_answer_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_limit_answer

check_PROGRAMS += tests/unit/test_limitlog
tests_unit_test_limitlog_SOURCES = tests/unit/test_limitlog.c tests/unit/unit.h
tests_unit_test_limitlog_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_limitlog_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_limitlog

check_PROGRAMS += tests/unit/test_overload
tests_unit_test_overload_SOURCES = tests/unit/test_overload.c tests/unit/unit.h
tests_unit_test_overload_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_overload_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_overload

check_PROGRAMS += tests/unit/test_additional
tests_unit_test_additional_SOURCES = tests/unit/test_additional.c tests/unit/unit.h \
	tests/unit/answer_make.h tests/unit/world_make.h
tests_unit_test_additional_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(LDNS_CFLAGS)
tests_unit_test_additional_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_additional

check_PROGRAMS += tests/unit/test_hint
tests_unit_test_hint_SOURCES = tests/unit/test_hint.c tests/unit/unit.h \
	tests/unit/answer_make.h tests/unit/world_make.h
tests_unit_test_hint_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(LDNS_CFLAGS)
tests_unit_test_hint_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_hint

check_PROGRAMS += tests/unit/test_names
tests_unit_test_names_SOURCES = tests/unit/test_names.c tests/unit/unit.h \
	tests/unit/answer_make.h tests/unit/world_make.h
tests_unit_test_names_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(LDNS_CFLAGS)
tests_unit_test_names_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_names

check_PROGRAMS += tests/unit/test_chains
tests_unit_test_chains_SOURCES = tests/unit/test_chains.c tests/unit/unit.h \
	tests/unit/answer_make.h tests/unit/world_make.h
tests_unit_test_chains_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(LDNS_CFLAGS)
tests_unit_test_chains_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_chains

check_PROGRAMS += tests/unit/test_root
tests_unit_test_root_SOURCES = tests/unit/test_root.c tests/unit/unit.h \
	tests/unit/answer_make.h tests/unit/world_make.h
tests_unit_test_root_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(LDNS_CFLAGS)
tests_unit_test_root_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_root

check_PROGRAMS += tests/unit/test_draw
tests_unit_test_draw_SOURCES = tests/unit/test_draw.c tests/unit/unit.h \
	tests/unit/pool_make.h
tests_unit_test_draw_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_draw_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_draw
