/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of the configuration that need more than the schema table: own readers of
 * keys, and what is done when a section was read.
 *
 * Shape: functions named by the schema table (schema.c) alone; each file of the folder
 * that is named after a section holds those of that section.
 * Owner: what they read belongs to the config.
 * Threads: one at a time.
 * Errors: complaints.
 * Source: DESIGN "A configuration".
 */
#ifndef CONFIG_PARTS_H
#define CONFIG_PARTS_H

#include "config/schema.h"

schema_finish_fn server_finish;

schema_read_fn geo_read_databases;
schema_read_fn geo_read_prefix_files;
schema_read_fn geo_read_test_address;
schema_finish_fn geo_finish_test;
schema_finish_fn geo_finish_update;
schema_read_fn region_read_match;
schema_read_fn region_read_centroid;
schema_read_fn region_read_prefix;
schema_finish_fn region_finish;

schema_read_fn check_read_status;
schema_finish_fn check_finish_http;
schema_finish_fn check_finish;

schema_read_fn pool_read_address;
schema_read_fn pool_read_regions;
schema_read_fn pool_read_endpoints;
schema_read_fn pool_read_fallback;
schema_read_fn pool_read_min_healthy;
schema_read_fn pool_read_all_down;
schema_read_fn pool_read_blackhole;
schema_finish_fn pool_finish;
schema_finish_fn pool_finish_endpoint;

schema_read_fn store_read_address;
schema_read_fn store_read_password;
schema_read_fn store_read_sentinels;
schema_finish_fn store_finish_login;
schema_finish_fn store_finish_tls;
schema_finish_fn store_finish;

/* The text of the file that value names; NULL, with a complaint, when it can't be read.
 * The caller wipes and frees it. */
char *
secret_read(struct reader *r, const struct schema_key *key, const struct tree_node *value,
    size_t max);
schema_read_fn cookies_read_secrets;
schema_finish_fn cookies_finish;
schema_finish_fn rate_limit_finish;

schema_read_fn key_read_secret;
schema_finish_fn key_finish;

schema_read_fn peer_read_prefix;
schema_read_fn peer_read_address;
schema_read_fn peer_read_transfer;
schema_read_fn peer_read_notify;

schema_finish_fn zone_finish;

schema_read_fn hook_read_url;
schema_read_fn hook_read_url_file;
schema_read_fn hook_read_headers_file;
schema_read_fn hook_read_on;
schema_finish_fn hook_finish;
schema_finish_fn alerts_finish;

/* Maps that schema.c or a reader of a list refers to. */
extern const struct schema_map schema_endpoint;
extern const struct schema_map schema_health;
extern const struct schema_map schema_alerts;
extern const struct schema_map schema_hook;
extern const struct schema_map schema_pool;
extern const struct schema_map schema_geo;
extern const struct schema_map schema_region;
extern const struct schema_map schema_prefix;
extern const struct schema_map schema_geo_test;
extern const struct schema_map schema_geo_update;
extern const struct schema_map schema_store;
extern const struct schema_map schema_writer;
extern const struct schema_map schema_store_tls;
extern const struct schema_map schema_cookies;
extern const struct schema_map schema_rate_limit;
extern const struct schema_map schema_tsig_key;
extern const struct schema_map schema_transfer_peer;
extern const struct schema_map schema_notify_peer;

#endif
