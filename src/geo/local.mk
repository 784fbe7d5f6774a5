# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libgeo.a
src_libgeo_a_CFLAGS = $(AM_CFLAGS) $(MAXMINDDB_CFLAGS) $(ZLIB_CFLAGS) $(LZMA_CFLAGS)
src_libgeo_a_SOURCES = \
	src/geo/chains.c src/geo/chains.h \
	src/geo/country.c src/geo/country.h \
	src/geo/facts.h \
	src/geo/filecopy.c src/geo/filecopy.h \
	src/geo/geo.c src/geo/geo.h src/geo/geo_inside.h \
	src/geo/geobuild.c \
	src/geo/memo.c src/geo/memo.h \
	src/geo/mmdb.c src/geo/mmdb.h \
	src/geo/mmdbrecord.c src/geo/mmdbrecord.h \
	src/geo/moves.c src/geo/moves.h \
	src/geo/nesting.c src/geo/nesting.h \
	src/geo/prefixfile.c src/geo/prefixfile.h \
	src/geo/prefixes.c src/geo/prefixes.h \
	src/geo/prefixmap.c src/geo/prefixmap.h \
	src/geo/regions.c src/geo/regions.h \
	src/geo/spans.c src/geo/spans.h \
	src/geo/unpack.c src/geo/unpack.h \
	src/geo/untar.c src/geo/untar.h \
	src/geo/updater.c src/geo/updater.h \
	src/geo/updatedue.c src/geo/updatedue.h \
	src/geo/updatejob.c src/geo/updatejob.h \
	src/geo/verify.c src/geo/verify.h
