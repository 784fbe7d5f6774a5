# SPDX-License-Identifier: BSD-2-Clause
check_PROGRAMS += tests/unit/test_geo
tests_unit_test_geo_SOURCES = tests/unit/test_geo.c tests/unit/mmdb_make.h tests/unit/unit.h
tests_unit_test_geo_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(MAXMINDDB_CFLAGS)
tests_unit_test_geo_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_geo
check_PROGRAMS += tests/unit/test_geo_prefixes
tests_unit_test_geo_prefixes_SOURCES = tests/unit/test_geo_prefixes.c tests/unit/unit.h
tests_unit_test_geo_prefixes_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_geo_prefixes_LDADD = $(UNIT_LIBS)
TESTS += tests/unit/test_geo_prefixes
