# SPDX-License-Identifier: BSD-2-Clause

check_PROGRAMS += tests/unit/test_pool
tests_unit_test_pool_SOURCES = tests/unit/test_pool.c tests/unit/unit.h \
	tests/unit/pool_make.h
tests_unit_test_pool_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_pool_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_pool

check_PROGRAMS += tests/unit/test_ladder
tests_unit_test_ladder_SOURCES = tests/unit/test_ladder.c tests/unit/unit.h \
	tests/unit/ladder_reference.h \
	tests/unit/pool_make.h
tests_unit_test_ladder_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ladder_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_ladder

check_PROGRAMS += tests/unit/test_choice
tests_unit_test_choice_SOURCES = tests/unit/test_choice.c tests/unit/unit.h \
	tests/unit/pool_make.h
tests_unit_test_choice_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_choice_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_choice

check_PROGRAMS += tests/unit/test_pooldir
tests_unit_test_pooldir_SOURCES = tests/unit/test_pooldir.c tests/unit/unit.h
tests_unit_test_pooldir_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_pooldir_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_pooldir

check_PROGRAMS += tests/unit/test_accepted
tests_unit_test_accepted_SOURCES = tests/unit/test_accepted.c tests/unit/unit.h
tests_unit_test_accepted_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_accepted_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_accepted

check_PROGRAMS += tests/unit/test_keeper
tests_unit_test_keeper_SOURCES = tests/unit/test_keeper.c tests/unit/unit.h \
	tests/unit/world_make.h
tests_unit_test_keeper_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_keeper_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_keeper

check_PROGRAMS += tests/unit/test_due
tests_unit_test_due_SOURCES = tests/unit/test_due.c tests/unit/unit.h
tests_unit_test_due_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_due_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_due

check_PROGRAMS += tests/unit/test_board
tests_unit_test_board_SOURCES = tests/unit/test_board.c tests/unit/unit.h \
	tests/unit/pool_make.h
tests_unit_test_board_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_board_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_board

check_PROGRAMS += tests/unit/test_probeable
tests_unit_test_probeable_SOURCES = tests/unit/test_probeable.c tests/unit/unit.h
tests_unit_test_probeable_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_probeable_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_probeable

check_PROGRAMS += tests/unit/test_loss
tests_unit_test_loss_SOURCES = tests/unit/test_loss.c tests/unit/unit.h
tests_unit_test_loss_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_loss_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_loss

check_PROGRAMS += tests/unit/test_pattern
tests_unit_test_pattern_SOURCES = tests/unit/test_pattern.c tests/unit/unit.h
tests_unit_test_pattern_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_pattern_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_pattern

check_PROGRAMS += tests/unit/test_overrides
tests_unit_test_overrides_SOURCES = tests/unit/test_overrides.c tests/unit/unit.h
tests_unit_test_overrides_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_overrides_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_overrides

check_PROGRAMS += tests/unit/test_rendezvous
tests_unit_test_rendezvous_SOURCES = tests/unit/test_rendezvous.c tests/unit/unit.h
tests_unit_test_rendezvous_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_rendezvous_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_rendezvous

check_PROGRAMS += tests/unit/test_ladder_worlds
tests_unit_test_ladder_worlds_SOURCES = tests/unit/test_ladder_worlds.c \
	tests/unit/unit.h tests/unit/ladder_reference.h tests/unit/pool_make.h
tests_unit_test_ladder_worlds_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ladder_worlds_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_ladder_worlds

check_PROGRAMS += tests/unit/test_plan
tests_unit_test_plan_SOURCES = tests/unit/test_plan.c tests/unit/unit.h
tests_unit_test_plan_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_plan_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_plan
