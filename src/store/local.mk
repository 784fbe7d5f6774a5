# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libstore.a
src_libstore_a_CFLAGS = $(AM_CFLAGS) $(HIREDIS_CFLAGS) $(SQLITE_CFLAGS) $(EVENT_CFLAGS)
src_libstore_a_SOURCES = \
	src/store/disk.h \
	src/store/record.h \
	src/store/store.h
