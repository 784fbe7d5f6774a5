# SPDX-License-Identifier: BSD-2-Clause

check_PROGRAMS += tests/unit/test_rrset
tests_unit_test_rrset_SOURCES = tests/unit/test_rrset.c tests/unit/unit.h
tests_unit_test_rrset_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_rrset_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_rrset

check_PROGRAMS += tests/unit/test_trie
tests_unit_test_trie_SOURCES = tests/unit/test_trie.c tests/unit/unit.h
tests_unit_test_trie_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_trie_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_trie

check_PROGRAMS += tests/unit/test_table
tests_unit_test_table_SOURCES = tests/unit/test_table.c tests/unit/unit.h
tests_unit_test_table_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_table_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_table

check_PROGRAMS += tests/unit/test_zone_find
tests_unit_test_zone_find_SOURCES = tests/unit/test_zone_find.c tests/unit/unit.h \
	tests/unit/zone_build.h
tests_unit_test_zone_find_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_zone_find_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_zone_find

check_PROGRAMS += tests/unit/test_zone_reference
tests_unit_test_zone_reference_SOURCES = tests/unit/test_zone_reference.c tests/unit/unit.h \
	tests/unit/zone_build.h
tests_unit_test_zone_reference_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_zone_reference_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_zone_reference

check_PROGRAMS += tests/unit/test_lexer
tests_unit_test_lexer_SOURCES = tests/unit/test_lexer.c tests/unit/unit.h
tests_unit_test_lexer_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_lexer_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_lexer

check_PROGRAMS += tests/unit/test_rdata
tests_unit_test_rdata_SOURCES = tests/unit/test_rdata.c tests/unit/unit.h
tests_unit_test_rdata_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_rdata_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_rdata

check_PROGRAMS += tests/unit/test_zonefile
tests_unit_test_zonefile_SOURCES = tests/unit/test_zonefile.c tests/unit/unit.h
tests_unit_test_zonefile_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_zonefile_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_zonefile
