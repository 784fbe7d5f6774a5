# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libconfig.a
src_libconfig_a_CFLAGS = $(AM_CFLAGS) $(YAML_CFLAGS)
src_libconfig_a_SOURCES = \
	src/config/config.h
