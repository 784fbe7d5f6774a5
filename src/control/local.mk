# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libcontrol.a
src_libcontrol_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)
src_libcontrol_a_SOURCES = \
