# SPDX-License-Identifier: BSD-2-Clause
check_PROGRAMS += tests/unit/test_machine tests/unit/test_schedule tests/unit/test_probe \
	tests/unit/test_http tests/unit/test_prober
TESTS += tests/unit/test_machine tests/unit/test_schedule tests/unit/test_probe \
	tests/unit/test_http tests/unit/test_prober
tests_unit_test_machine_SOURCES = tests/unit/test_machine.c tests/unit/unit.h
tests_unit_test_machine_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_machine_LDADD = $(UNIT_LIBS)
tests_unit_test_schedule_SOURCES = tests/unit/test_schedule.c tests/unit/unit.h
tests_unit_test_schedule_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_schedule_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_SOURCES = tests/unit/test_probe.c tests/unit/unit.h
tests_unit_test_probe_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_probe_LDADD = $(UNIT_LIBS)
tests_unit_test_http_SOURCES = tests/unit/test_http.c tests/unit/unit.h \
	tests/unit/backend.c tests/unit/backend.h
tests_unit_test_http_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_http_LDADD = $(UNIT_LIBS)
tests_unit_test_prober_SOURCES = tests/unit/test_prober.c tests/unit/unit.h \
	tests/unit/backend.c tests/unit/backend.h
tests_unit_test_prober_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_prober_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_simulation
tests_unit_test_simulation_SOURCES = tests/unit/test_simulation.c tests/unit/unit.h \
	tests/unit/pool_make.h
tests_unit_test_simulation_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_simulation_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_simulation

check_PROGRAMS += tests/unit/test_rules
tests_unit_test_rules_SOURCES = tests/unit/test_rules.c tests/unit/unit.h
tests_unit_test_rules_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_rules_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_rules
