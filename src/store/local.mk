# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libstore.a
src_libstore_a_CFLAGS = $(AM_CFLAGS) $(HIREDIS_CFLAGS) $(SQLITE_CFLAGS) $(EVENT_CFLAGS)
src_libstore_a_SOURCES = \
	src/store/db.c \
	src/store/db.h \
	src/store/disk.c \
	src/store/disk.h \
	src/store/fields.c \
	src/store/follow.c \
	src/store/follow.h \
	src/store/gap.c \
	src/store/gap.h \
	src/store/index.c \
	src/store/index.h \
	src/store/job.c \
	src/store/job.h \
	src/store/key.c \
	src/store/ledger.c \
	src/store/ledger.h \
	src/store/link.c \
	src/store/link.h \
	src/store/pack.c \
	src/store/pack.h \
	src/store/reader.c \
	src/store/reader.h \
	src/store/pending.c \
	src/store/pending.h \
	src/store/record.c \
	src/store/record.h \
	src/store/redis.c \
	src/store/redis.h \
	src/store/replica.c \
	src/store/replica.h \
	src/store/salvage.c \
	src/store/salvage.h \
	src/store/schema.c \
	src/store/schema.h \
	src/store/steered.c \
	src/store/steered.h \
	src/store/store.c \
	src/store/store.h \
	src/store/tally.c \
	src/store/tally.h \
	src/store/values.c \
	src/store/values.h \
	src/store/writes.c \
	src/store/writes.h
