# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libzone.a
src_libzone_a_CFLAGS = $(AM_CFLAGS) $(LDNS_CFLAGS)
src_libzone_a_SOURCES = \
	src/zone/rdata.h \
	src/zone/rrset.c \
	src/zone/rrset.h \
	src/zone/table.c \
	src/zone/table.h \
	src/zone/trie.c \
	src/zone/trie.h \
	src/zone/zone.c \
	src/zone/zone.h \
	src/zone/zonefile.h
