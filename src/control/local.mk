# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libcontrol.a
src_libcontrol_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)
src_libcontrol_a_SOURCES = \
	src/control/alert.c src/control/alert.h \
	src/control/alertbook.c src/control/alertbook.h \
	src/control/alertkeep.c src/control/alertkeep.h \
	src/control/alertmsg.c src/control/alertmsg.h \
	src/control/alerts.c src/control/alerts.h \
	src/control/alerts_inside.h \
	src/control/alerts_parts.c \
	src/control/alerts_tell.c \
	src/control/columns.c \
	src/control/control.c \
	src/control/delivery.c src/control/delivery.h \
	src/control/endpointrow.c src/control/endpointrow.h \
	src/control/geowatch.c src/control/geowatch.h \
	src/control/line.c \
	src/control/listener.c \
	src/control/notify.c \
	src/control/peer.c \
	src/control/poolrow.c src/control/poolrow.h \
	src/control/program.c src/control/program.h \
	src/control/probing.c \
	src/control/recordkey.c \
	src/control/probing.h \
	src/control/recordkey.h \
	src/control/reload.c \
	src/control/restart.c src/control/restart.h \
	src/control/reply.c \
	src/control/request.c \
	src/control/sender.c \
	src/control/socket.c \
	src/control/task.c src/control/task.h \
	src/control/told.c \
	src/control/trip.c \
	src/control/verb.c \
	src/control/verb_alerts.c \
	src/control/verb_explain.c \
	src/control/verb_geo.c \
	src/control/verb_guard.c \
	src/control/verb_health.c \
	src/control/verb_notify.c \
	src/control/verb_override.c \
	src/control/verb_plan.c \
	src/control/verb_pools.c \
	src/control/verb_whatif.c \
	src/control/verb_records.c \
	src/control/verb_records_batch.c \
	src/control/verb_records_list.c \
	src/control/verb_status.c \
	src/control/verb_store.c \
	src/control/verb_zones.c \
	src/control/watch.c src/control/watch.h \
	src/control/columns.h \
	src/control/control.h \
	src/control/line.h \
	src/control/listener.h \
	src/control/notify.h \
	src/control/peer.h \
	src/control/reload.h \
	src/control/reply.h \
	src/control/request.h \
	src/control/sender.h \
	src/control/socket.h \
	src/control/told.h \
	src/control/trip.h \
	src/control/verb.h \
	src/control/verbs.h
