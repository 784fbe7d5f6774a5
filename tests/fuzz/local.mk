# SPDX-License-Identifier: BSD-2-Clause
# Fuzz targets: tests/fuzz/fuzz_NAME.c has LLVMFuzzerTestOneInput(), and the folder
# tests/fuzz/corpus/NAME holds what it starts from and what was once found. `make check`
# replays the corpora (replay.c). To look for more, in a build folder of its own:
#     ./configure CC=clang --enable-fuzzers \
#         --enable-sanitizers=address,undefined,fuzzer-no-link
#     make tests/fuzz/fuzz_query
#     tests/fuzz/fuzz_query -max_total_time=60 NEW-FOLDER tests/fuzz/corpus/query
# A new target is a block like that of fuzz_query below, with its own name.
if FUZZERS
FUZZ_DRIVER = tests/fuzz/fuzz.h
FUZZ_FLAGS = -fsanitize=fuzzer
else
FUZZ_DRIVER = tests/fuzz/fuzz.h tests/fuzz/replay.c
FUZZ_FLAGS =
TESTS += $(FUZZ_TARGETS)
endif
FUZZ_LIBS = $(ALL_LIBS) $(EXTERNAL_LIBS)
FUZZ_TARGETS =
check_PROGRAMS += $(FUZZ_TARGETS)

FUZZ_TARGETS += tests/fuzz/fuzz_query
tests_fuzz_fuzz_query_SOURCES = tests/fuzz/fuzz_query.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_query_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)
tests_fuzz_fuzz_query_LDADD = $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/query

FUZZ_TARGETS += tests/fuzz/fuzz_edns
tests_fuzz_fuzz_edns_SOURCES = tests/fuzz/fuzz_edns.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_edns_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)
tests_fuzz_fuzz_edns_LDADD = $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/edns

FUZZ_TARGETS += tests/fuzz/fuzz_tsig
tests_fuzz_fuzz_tsig_SOURCES = tests/fuzz/fuzz_tsig.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_tsig_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)
tests_fuzz_fuzz_tsig_LDADD = $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/tsig

FUZZ_TARGETS += tests/fuzz/fuzz_config
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_config_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)
tests_fuzz_fuzz_config_LDADD = $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/config

FUZZ_TARGETS += tests/fuzz/fuzz_control
tests_fuzz_fuzz_control_SOURCES = tests/fuzz/fuzz_control.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_control_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)
tests_fuzz_fuzz_control_LDADD = $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/control

FUZZ_TARGETS += tests/fuzz/fuzz_zonefile
tests_fuzz_fuzz_zonefile_SOURCES = tests/fuzz/fuzz_zonefile.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_zonefile_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)
tests_fuzz_fuzz_zonefile_LDADD = $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/zonefile tests/fuzz/zonefile.dict

FUZZ_TARGETS += tests/fuzz/fuzz_answer
tests_fuzz_fuzz_answer_SOURCES = tests/fuzz/fuzz_answer.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)
tests_fuzz_fuzz_answer_LDADD = $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/answer

FUZZ_TARGETS += tests/fuzz/fuzz_record
tests_fuzz_fuzz_record_SOURCES = tests/fuzz/fuzz_record.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_record_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)
tests_fuzz_fuzz_record_LDADD = $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/record

FUZZ_TARGETS += tests/fuzz/fuzz_exchange
tests_fuzz_fuzz_exchange_SOURCES = tests/fuzz/fuzz_exchange.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_exchange_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)
tests_fuzz_fuzz_exchange_LDADD = $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/exchange

FUZZ_TARGETS += tests/fuzz/fuzz_sieve
tests_fuzz_fuzz_sieve_SOURCES = tests/fuzz/fuzz_sieve.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_sieve_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)
tests_fuzz_fuzz_sieve_LDADD = $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/sieve

# Not a target of libFuzzer: speaks to a running server (tests/system/test_wire.py).
if HAVE_LDNS
noinst_PROGRAMS += tests/fuzz/wirefuzz
endif
tests_fuzz_wirefuzz_SOURCES = tests/fuzz/wirefuzz.c tests/fuzz/packets.c \
	tests/fuzz/packets.h tests/fuzz/rng.h tests/fuzz/verdict.c tests/fuzz/verdict.h
tests_fuzz_wirefuzz_CFLAGS = $(AM_CFLAGS) $(LDNS_CFLAGS)
tests_fuzz_wirefuzz_LDADD = $(FUZZ_LIBS) $(LDNS_LIBS)
