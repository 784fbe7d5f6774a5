# SPDX-License-Identifier: BSD-2-Clause
zonesdir = $(docdir)/zones
dist_zones_DATA = zones/README.md zones/example.com.zone zones/example-failover.net.zone
