# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libbase.a
src_libbase_a_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(CURL_CFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS)
src_libbase_a_SOURCES = \
	src/base/buf.c \
	src/base/clock.c \
	src/base/complaint.c \
	src/base/counter.c \
	src/base/crew.c src/base/crew.h \
	src/base/encoding.c \
	src/base/err.c \
	src/base/event.c \
	src/base/fetch.c \
	src/base/file.c \
	src/base/filesum.c src/base/filesum.h \
	src/base/hash.c \
	src/base/hmac.c \
	src/base/inhand.c \
	src/base/ip.c \
	src/base/json.c \
	src/base/log.c \
	src/base/loop.c \
	src/base/mailbox.c src/base/mailbox.h \
	src/base/mem.c \
	src/base/niceness.c \
	src/base/poller.c src/base/poller.h \
	src/base/publish.c \
	src/base/sha256.c src/base/sha256.h \
	src/base/slab.c \
	src/base/sockaddr.c \
	src/base/thread.c src/base/thread.h \
	src/base/tls.c \
	src/base/words.c \
	src/base/buf.h \
	src/base/clock.h \
	src/base/complaint.h \
	src/base/counter.h \
	src/base/encoding.h \
	src/base/err.h \
	src/base/event.h \
	src/base/fetch.h \
	src/base/file.h \
	src/base/hash.h \
	src/base/hmac.h \
	src/base/inhand.h \
	src/base/ip.h \
	src/base/json.h \
	src/base/link.h \
	src/base/log.h \
	src/base/loop.h \
	src/base/mem.h \
	src/base/niceness.h \
	src/base/publish.h \
	src/base/slab.h \
	src/base/sockaddr.h \
	src/base/tls.h \
	src/base/words.h
