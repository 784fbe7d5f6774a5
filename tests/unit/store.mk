# SPDX-License-Identifier: BSD-2-Clause

check_PROGRAMS += tests/unit/test_record
tests_unit_test_record_SOURCES = tests/unit/test_record.c tests/unit/unit.h
tests_unit_test_record_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_record_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_record

check_PROGRAMS += tests/unit/test_replica
tests_unit_test_replica_SOURCES = tests/unit/test_replica.c tests/unit/unit.h
tests_unit_test_replica_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_replica_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_replica

check_PROGRAMS += tests/unit/test_ledger
tests_unit_test_ledger_SOURCES = tests/unit/test_ledger.c tests/unit/unit.h
tests_unit_test_ledger_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ledger_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_ledger

check_PROGRAMS += tests/unit/test_feed
tests_unit_test_feed_SOURCES = tests/unit/test_feed.c tests/unit/unit.h
tests_unit_test_feed_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_feed_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_feed

check_PROGRAMS += tests/unit/test_disk
tests_unit_test_disk_SOURCES = tests/unit/test_disk.c tests/unit/unit.h tests/unit/store_make.h
tests_unit_test_disk_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(EVENT_CFLAGS)
tests_unit_test_disk_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_disk

check_PROGRAMS += tests/unit/test_store
tests_unit_test_store_SOURCES = tests/unit/test_store.c tests/unit/unit.h tests/unit/store_make.h
tests_unit_test_store_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(EVENT_CFLAGS)
tests_unit_test_store_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_store

check_PROGRAMS += tests/unit/test_record_bad
tests_unit_test_record_bad_SOURCES = tests/unit/test_record_bad.c tests/unit/unit.h
tests_unit_test_record_bad_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_record_bad_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_record_bad

check_PROGRAMS += tests/unit/test_pages
tests_unit_test_pages_SOURCES = tests/unit/test_pages.c tests/unit/unit.h
tests_unit_test_pages_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_pages_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_pages

check_PROGRAMS += tests/unit/test_damage
tests_unit_test_damage_SOURCES = tests/unit/test_damage.c tests/unit/unit.h tests/unit/store_make.h
tests_unit_test_damage_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(EVENT_CFLAGS)
tests_unit_test_damage_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_damage

check_PROGRAMS += tests/unit/test_sieve
tests_unit_test_sieve_SOURCES = tests/unit/test_sieve.c tests/unit/unit.h
tests_unit_test_sieve_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_sieve_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_sieve

check_PROGRAMS += tests/unit/test_backoff
tests_unit_test_backoff_SOURCES = tests/unit/test_backoff.c tests/unit/unit.h
tests_unit_test_backoff_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_backoff_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_backoff

check_PROGRAMS += tests/unit/test_fault
tests_unit_test_fault_SOURCES = tests/unit/test_fault.c tests/unit/unit.h
tests_unit_test_fault_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_fault_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_fault

check_PROGRAMS += tests/unit/test_votes
tests_unit_test_votes_SOURCES = tests/unit/test_votes.c tests/unit/unit.h
tests_unit_test_votes_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_votes_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_votes

check_PROGRAMS += tests/unit/test_guard
tests_unit_test_guard_SOURCES = tests/unit/test_guard.c tests/unit/unit.h
tests_unit_test_guard_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_guard_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_guard
check_PROGRAMS += tests/unit/test_exchange
tests_unit_test_exchange_SOURCES = tests/unit/test_exchange.c tests/unit/unit.h
tests_unit_test_exchange_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(EVENT_CFLAGS)
tests_unit_test_exchange_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_exchange

check_PROGRAMS += tests/unit/test_ledger_held
tests_unit_test_ledger_held_SOURCES = tests/unit/test_ledger_held.c tests/unit/unit.h
tests_unit_test_ledger_held_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ledger_held_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_ledger_held
