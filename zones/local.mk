# SPDX-License-Identifier: BSD-2-Clause
EXTRA_DIST += zones/README.md zones/example.com.zone zones/example-failover.net.zone
