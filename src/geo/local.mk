# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libgeo.a
src_libgeo_a_CFLAGS = $(AM_CFLAGS) $(MAXMINDDB_CFLAGS)
src_libgeo_a_SOURCES = \
	src/geo/geo.h
