# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libdns.a
src_libdns_a_CFLAGS = $(AM_CFLAGS)
src_libdns_a_SOURCES = \
	src/dns/cookie.c \
	src/dns/edns.c \
	src/dns/ixfr.c \
	src/dns/name.c \
	src/dns/notify.c \
	src/dns/query.c \
	src/dns/siphash.c \
	src/dns/tsig.c \
	src/dns/writer.c \
	src/dns/cookie.h \
	src/dns/edns.h \
	src/dns/ixfr.h \
	src/dns/name.h \
	src/dns/notify.h \
	src/dns/path.h \
	src/dns/query.h \
	src/dns/siphash.h \
	src/dns/tsig.h \
	src/dns/wire.h \
	src/dns/writer.h
