# SPDX-License-Identifier: BSD-2-Clause
# Unit tests: one program per module, tests/unit/test_NAME.c. Each part of the house has
# its own list in tests/unit/FOLDER.mk.
UNIT_LIBS = $(ALL_LIBS) $(EXTERNAL_LIBS) $(CMOCKA_LIBS) $(LDNS_LIBS)

if HAVE_TESTS
include tests/unit/base.mk
include tests/unit/dns.mk
include tests/unit/config.mk
include tests/unit/zone.mk
include tests/unit/geo.mk
include tests/unit/health.mk
include tests/unit/store.mk
include tests/unit/steer.mk
include tests/unit/serve.mk
include tests/unit/control.mk
endif
include tests/fuzz/local.mk
include tests/bench/local.mk
EXTRA_DIST += tests/lint/format tests/lint/pure tests/lint/ranks tests/lint/shell \
	tests/lint/words
EXTRA_DIST += tests/README.md tests/system/lanes tests/system/backend.py tests/system/conftest.py \
	tests/system/limits.py tests/system/redisserver.py tests/system/servers.py \
	tests/system/test_control.py tests/system/test_dns.py tests/system/test_edns.py \
	tests/system/test_explain.py tests/system/test_guard.py \
	tests/system/test_guard_files.py tests/system/test_guard_store.py \
	tests/system/test_explain.py tests/system/test_flapping.py tests/system/test_overrides.py tests/system/test_guard.py \
	tests/system/test_explain.py tests/system/test_overrides.py tests/system/test_probes.py tests/system/test_guard.py \
	tests/system/test_guard_files.py \
	tests/system/test_failover.py tests/system/test_health.py tests/system/test_hostile.py tests/system/test_https.py \
	tests/system/test_records.py tests/system/test_redis.py \
	tests/system/test_plan.py tests/system/test_pools.py tests/system/test_zonelist.py tests/system/test_watch.py \
	tests/system/test_state.py tests/system/test_serials.py \
	tests/system/downloads.py tests/system/mmdbmaker.py tests/system/test_geo.py \
	tests/system/test_reload.py tests/system/test_steering.py tests/system/test_stop.py \
	tests/system/test_decisions.py tests/system/rendezvous.py \
	tests/system/test_tcp.py tests/system/test_threads.py tests/system/test_zonetext.py \
	tests/system/world.py
EXTRA_DIST += tests/system/test_chaos.py tests/system/test_overload.py tests/system/test_limit.py \
	tests/system/test_rfc8906.py
EXTRA_DIST += tests/system/everything.py tests/system/gooduser.py tests/system/test_abuse.py tests/system/test_wire.py
EXTRA_DIST += tests/system/test_differential.py tests/system/crowd.py \
	tests/system/questions.py tests/system/response.py tests/system/zonemaker.py
EXTRA_DIST += tests/lsan.supp tests/bench/README.md tests/bench/servers/ours/start tests/bench/servers/ours/failover

# What test_zonetext.py compares with BIND.
EXTRA_DIST += tests/data/zonetext tests/system/test_zones.py
noinst_PROGRAMS += tests/system/zonedump
tests_system_zonedump_SOURCES = tests/system/zonedump.c
tests_system_zonedump_LDADD = src/libzone.a src/libdns.a src/libbase.a $(EXTERNAL_LIBS)

# What the RFCs ask, and who works with us.
EXTRA_DIST += tests/RFC.md tests/lint/rfc tests/system/oracle.py tests/system/test_oracle.py \
	tests/system/test_interop.py tests/system/resolvers.py tests/system/test_rfc_names.py \
	tests/system/test_rfc_messages.py tests/system/test_rfc_negative.py \
	tests/system/test_rfc_transfer.py tests/system/test_rfc_svcb.py \
	tests/system/packets.py
EXTRA_DIST += tests/system/secondaries.py tests/system/test_notify.py \
	tests/system/test_transfer.py tests/system/test_tsig.py

# The record store, by those who do not believe it.
EXTRA_DIST += tests/system/masses.py tests/system/proxy.py tests/system/island.py tests/system/silent.py tests/system/storewriters.py \
	tests/system/test_store_converge.py tests/system/test_store_transactions.py \
	tests/system/fleet.py tests/system/test_follow.py tests/system/test_store_writer.py \
	tests/system/test_sentinel.py tests/system/test_store_tls.py \
	tests/system/authority.py tests/system/test_sentinel_tls.py \
	tests/system/test_store_faults.py tests/system/test_quorum.py \
	tests/system/flood.py tests/system/test_store_slow.py tests/system/test_store_loss.py
EXTRA_DIST += tests/system/test_exchange.py tests/system/test_records_manual.py
EXTRA_DIST += tests/system/receiver.py tests/system/test_alerts.py
