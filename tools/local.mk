# SPDX-License-Identifier: BSD-2-Clause
bin_PROGRAMS += sextantctl
sextantctl_SOURCES = tools/sextantctl.c
sextantctl_LDADD = src/libbase.a
EXTRA_DIST += tools/quickstart tools/test
