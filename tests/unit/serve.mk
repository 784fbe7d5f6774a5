# SPDX-License-Identifier: BSD-2-Clause

check_PROGRAMS += tests/unit/test_answer
tests_unit_test_answer_SOURCES = tests/unit/test_answer.c tests/unit/unit.h \
	tests/unit/world_make.h
tests_unit_test_answer_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(LDNS_CFLAGS)
tests_unit_test_answer_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_answer
