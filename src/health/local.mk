# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libhealth.a
src_libhealth_a_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(EVENT_CFLAGS)
src_libhealth_a_SOURCES = \
	src/health/alarm.c \
	src/health/alarm.h \
	src/health/blind.c \
	src/health/blind.h \
	src/health/certificate.c \
	src/health/certificate.h \
	src/health/dial.c \
	src/health/dial.h \
	src/health/expect.c \
	src/health/expect.h \
	src/health/flight.c \
	src/health/flight.h \
	src/health/funnel.c \
	src/health/held.c \
	src/health/held.h \
	src/health/http.c \
	src/health/http.h \
	src/health/judge.c \
	src/health/judge.h \
	src/health/kept.c \
	src/health/kept.h \
	src/health/machine.c \
	src/health/machine.h \
	src/health/mass.c \
	src/health/mass.h \
	src/health/multi.c \
	src/health/multi.h \
	src/health/pace.c \
	src/health/pace.h \
	src/health/probe.c \
	src/health/probe.h \
	src/health/prober.c \
	src/health/prober.h \
	src/health/prober_inside.h \
	src/health/schedule.c \
	src/health/schedule.h \
	src/health/targets.c \
	src/health/targets.h \
	src/health/verdict.c \
	src/health/verdict.h \
	src/health/votes.c \
	src/health/votes.h
