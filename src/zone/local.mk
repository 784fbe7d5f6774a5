# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libzone.a
src_libzone_a_CFLAGS = $(AM_CFLAGS) $(LDNS_CFLAGS)
src_libzone_a_SOURCES = \
	src/zone/charstring.c \
	src/zone/charstring.h \
	src/zone/field.c \
	src/zone/field.h \
	src/zone/field_write.c \
	src/zone/gateway.c \
	src/zone/gateway.h \
	src/zone/generate.c \
	src/zone/generate.h \
	src/zone/head.c \
	src/zone/head.h \
	src/zone/lexer.c \
	src/zone/lexer.h \
	src/zone/loc.c \
	src/zone/loc.h \
	src/zone/mnemonic.c \
	src/zone/mnemonic.h \
	src/zone/naptr.c \
	src/zone/naptr.h \
	src/zone/osi.c \
	src/zone/osi.h \
	src/zone/prefix.c \
	src/zone/prefix.h \
	src/zone/rdata.c \
	src/zone/rdata.h \
	src/zone/rrcheck.c \
	src/zone/rrcheck.h \
	src/zone/rrset.c \
	src/zone/rrset.h \
	src/zone/rrtype.c \
	src/zone/rrtype.h \
	src/zone/svcb.c \
	src/zone/svcb.h \
	src/zone/table.c \
	src/zone/table.h \
	src/zone/trie.c \
	src/zone/trie.h \
	src/zone/typemap.c \
	src/zone/typemap.h \
	src/zone/utf8.c \
	src/zone/utf8.h \
	src/zone/wks.c \
	src/zone/wks.h \
	src/zone/word.c \
	src/zone/word.h \
	src/zone/zone.c \
	src/zone/zone.h \
	src/zone/zonecheck.c \
	src/zone/zonecheck.h \
	src/zone/zonefile.c \
	src/zone/zonefile.h \
	src/zone/zonefill.c \
	src/zone/zonefill.h
