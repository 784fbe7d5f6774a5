# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libsteer.a
src_libsteer_a_CFLAGS = $(AM_CFLAGS)
src_libsteer_a_SOURCES = \
