# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libserve.a
src_libserve_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)
src_libserve_a_SOURCES = \
