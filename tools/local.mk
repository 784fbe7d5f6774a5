# SPDX-License-Identifier: BSD-2-Clause
bin_PROGRAMS += sextantctl
sextantctl_SOURCES = tools/sextantctl.c
sextantctl_LDADD = src/libbase.a
dist_man_MANS += tools/sextantctl.8
EXTRA_DIST += tools/quickstart tools/test tools/build tools/packages tools/backend
