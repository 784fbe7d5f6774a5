# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libserve.a
src_libserve_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)
src_libserve_a_SOURCES = \
	src/serve/additional.c \
	src/serve/answer.c \
	src/serve/axfr.c \
	src/serve/chaos.c \
	src/serve/collect.c \
	src/serve/connection.c \
	src/serve/contents.c \
	src/serve/crowd.c \
	src/serve/decide.c \
	src/serve/draw.c \
	src/serve/encode.c \
	src/serve/explain.c \
	src/serve/explain_pool.c \
	src/serve/hint.c \
	src/serve/limit.c \
	src/serve/limitlog.c \
	src/serve/listen.c \
	src/serve/options.c \
	src/serve/outgoing.c \
	src/serve/overload.c \
	src/serve/records.c \
	src/serve/quick.c \
	src/serve/round.c src/serve/round.h \
	src/serve/signing.c \
	src/serve/steered.c \
	src/serve/tcp.c \
	src/serve/transfer.c \
	src/serve/transfers.c \
	src/serve/udp.c \
	src/serve/workers.c \
	src/serve/additional.h \
	src/serve/answer.h \
	src/serve/axfr.h \
	src/serve/chaos.h \
	src/serve/collect.h \
	src/serve/connection.h \
	src/serve/contents.h \
	src/serve/crowd.h \
	src/serve/decide.h \
	src/serve/draw.h \
	src/serve/encode.h \
	src/serve/explain.h \
	src/serve/explain_pool.h \
	src/serve/hint.h \
	src/serve/limit.h \
	src/serve/limitlog.h \
	src/serve/listen.h \
	src/serve/options.h \
	src/serve/outgoing.h \
	src/serve/overload.h \
	src/serve/records.h \
	src/serve/quick.h \
	src/serve/signing.h \
	src/serve/steered.h \
	src/serve/stream.h \
	src/serve/tcp.h \
	src/serve/transfer.h \
	src/serve/transfers.h \
	src/serve/udp.h \
	src/serve/workers.h
