# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libconfig.a
src_libconfig_a_CFLAGS = $(AM_CFLAGS) $(YAML_CFLAGS)
src_libconfig_a_SOURCES = \
	src/config/alert.c \
	src/config/builtin.c src/config/builtin.h \
	src/config/check.c \
	src/config/config.c src/config/config.h \
	src/config/geo.c \
	src/config/hint.c src/config/hint.h \
	src/config/include.c src/config/include.h \
	src/config/load.c \
	src/config/man.c \
	src/config/names.c src/config/names.h \
	src/config/parts.h \
	src/config/peer.c \
	src/config/pool.c \
	src/config/reader.c src/config/reader.h \
	src/config/region.c \
	src/config/rules.c src/config/rules.h \
	src/config/schema.c src/config/schema.h src/config/schema_words.h \
	src/config/schema_alert.c \
	src/config/schema_dns.c \
	src/config/schema_geo.c \
	src/config/schema_pool.c \
	src/config/schema_health.c \
	src/config/schema_store.c \
	src/config/secret.c \
	src/config/server.c \
	src/config/store.c \
	src/config/suggest.c src/config/suggest.h \
	src/config/tree.c src/config/tree.h \
	src/config/value.c src/config/value.h \
	src/config/yaml.c src/config/yaml.h \
	src/config/zone.c
