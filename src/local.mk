# SPDX-License-Identifier: BSD-2-Clause
sbin_PROGRAMS += sextantd
sextantd_SOURCES = src/main.c src/joins.c src/server.c src/server.h src/server_inside.h
sextantd_LDADD = $(ALL_LIBS) $(EXTERNAL_LIBS)
dist_man_MANS += src/sextantd.8
