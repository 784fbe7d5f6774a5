# SPDX-License-Identifier: BSD-2-Clause
noinst_LIBRARIES += src/libsteer.a
src_libsteer_a_CFLAGS = $(AM_CFLAGS)
src_libsteer_a_SOURCES = \
	src/steer/accepted.c \
	src/steer/board.c \
	src/steer/endpoint.c \
	src/steer/orders.c \
	src/steer/overrides.c \
	src/steer/pattern.c \
	src/steer/choice.c \
	src/steer/due.c src/steer/due.h \
	src/steer/moves.c src/steer/moves.h \
	src/steer/failover.c \
	src/steer/fleet.c src/steer/fleet.h \
	src/steer/geoload.c src/steer/geoload.h \
	src/steer/heldfile.c \
	src/steer/keeper.c \
	src/steer/outage.c src/steer/outage.h \
	src/steer/ladder.c \
	src/steer/loss.c \
	src/steer/maker.c \
	src/steer/parts.c \
	src/steer/parts_accept.c \
	src/steer/parts_geo.c \
	src/steer/parts_zones.c \
	src/steer/parts_config.c \
	src/steer/placing.c \
	src/steer/plan.c src/steer/plan.h src/steer/plan_inside.h \
	src/steer/plan_geo.c src/steer/plan_pool.c src/steer/plan_zone.c \
	src/steer/pool.c \
	src/steer/pooldir.c \
	src/steer/poolid.c \
	src/steer/probeable.c \
	src/steer/rendezvous.c \
	src/steer/serial.c \
	src/steer/sizes.c \
	src/steer/serials.c \
	src/steer/standing.c \
	src/steer/states.c \
	src/steer/warm.c src/steer/warm.h \
	src/steer/zonenote.c \
	src/steer/zonesource.c src/steer/zonesource.h \
	src/steer/accepted.h \
	src/steer/board.h \
	src/steer/endpoint.h \
	src/steer/orders.h \
	src/steer/overrides.h \
	src/steer/pattern.h \
	src/steer/heldfile.h \
	src/steer/loss.h \
	src/steer/choice.h \
	src/steer/failover.h \
	src/steer/keeper.h \
	src/steer/ladder.h \
	src/steer/maker.h \
	src/steer/parts.h \
	src/steer/parts_inside.h \
	src/steer/placing.h \
	src/steer/pool.h \
	src/steer/pooldir.h \
	src/steer/poolid.h \
	src/steer/probeable.h \
	src/steer/rendezvous.h \
	src/steer/serial.h \
	src/steer/sizes.h \
	src/steer/serials.h \
	src/steer/shared.h \
	src/steer/standing.h \
	src/steer/users.c src/steer/users.h \
	src/steer/states.h \
	src/steer/storepools.c \
	src/steer/storepools.h \
	src/steer/world.h \
	src/steer/zonenote.h
