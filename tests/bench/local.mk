# SPDX-License-Identifier: BSD-2-Clause
# Run by hand only, after `make bench-programs`; they print and never assert. tools/test
# builds them, so that they go on compiling.
EXTRA_PROGRAMS = tests/bench/micro_table

tests_bench_micro_table_SOURCES = tests/bench/micro_table.c
tests_bench_micro_table_LDADD = src/libzone.a src/libdns.a src/libbase.a $(EXTERNAL_LIBS)

EXTRA_PROGRAMS += tests/bench/micro_geo
tests_bench_micro_geo_SOURCES = tests/bench/micro_geo.c
tests_bench_micro_geo_LDADD = $(UNIT_LIBS)

EXTRA_PROGRAMS += tests/bench/micro_answer
tests_bench_micro_answer_SOURCES = tests/bench/micro_answer.c
tests_bench_micro_answer_LDADD = $(UNIT_LIBS)

EXTRA_PROGRAMS += tests/bench/micro_workers
tests_bench_micro_workers_SOURCES = tests/bench/micro_workers.c
tests_bench_micro_workers_LDADD = $(UNIT_LIBS)

EXTRA_PROGRAMS += tests/bench/crowd
tests_bench_crowd_SOURCES = tests/bench/crowd.c

EXTRA_PROGRAMS += tests/bench/paced
tests_bench_paced_SOURCES = tests/bench/paced.c

EXTRA_PROGRAMS += tests/bench/probe_latency
tests_bench_probe_latency_SOURCES = tests/bench/probe_latency.c
tests_bench_probe_latency_LDADD = -lm

EXTRA_DIST += tests/bench/figures.py tests/bench/interference tests/bench/overload \
	tests/bench/peers.py tests/bench/reload tests/bench/steered tests/bench/store \
	tests/bench/targets tests/bench/timed.c tests/bench/verdicts tests/bench/workers
CLEANFILES += $(EXTRA_PROGRAMS)
