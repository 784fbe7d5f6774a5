# SPDX-License-Identifier: BSD-2-Clause
bin_PROGRAMS += sextantctl
sextantctl_SOURCES = tools/sextantctl.c tools/client.c tools/client.h \
	tools/constellation.c tools/constellation.h tools/farm.c tools/farm.h tools/records.c \
	tools/records.h tools/resp.c tools/resp.h tools/source.c tools/source.h \
	tools/zonetext.c tools/zonetext.h
sextantctl_LDADD = src/libstore.a src/libzone.a src/libconfig.a src/libdns.a src/libbase.a \
	$(EXTERNAL_LIBS)
# of the libraries only what is used, so that the client runs where few are installed
sextantctl_LDFLAGS = $(AM_LDFLAGS) -Wl,--as-needed
dist_man_MANS += tools/sextantctl.8
EXTRA_DIST += tools/quickstart tools/test tools/build tools/packages tools/backend
