# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libcontrol.a
src_libcontrol_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)
src_libcontrol_a_SOURCES = \
	src/control/line.c \
	src/control/listener.c \
	src/control/peer.c \
	src/control/reply.c \
	src/control/request.c \
	src/control/socket.c \
	src/control/table.c \
	src/control/verb.c \
	src/control/line.h \
	src/control/listener.h \
	src/control/peer.h \
	src/control/reply.h \
	src/control/request.h \
	src/control/socket.h \
	src/control/table.h \
	src/control/verb.h
