# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libhealth.a
src_libhealth_a_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(EVENT_CFLAGS)
src_libhealth_a_SOURCES = \
	src/health/machine.h \
	src/health/prober.h
