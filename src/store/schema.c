/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/schema.h"

const char schema_version[] =
    "SELECT user_version,"
    " CASE WHEN EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'state') THEN 3"
    " WHEN EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'zone') THEN 2"
    " WHEN EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'record') THEN 1"
    " ELSE 0 END FROM pragma_user_version";

/* An empty file goes through all versions: so each step is tried at every first start. */
const char *const schema_steps[SCHEMA_VERSION] = {
    "CREATE TABLE record(key TEXT PRIMARY KEY, fields BLOB NOT NULL,"
    " sum INTEGER NOT NULL, changed INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE damaged(key TEXT, fields BLOB, sum INTEGER, changed INTEGER);"
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;",

    /* fields that people can read; what each zone should have */
    "ALTER TABLE record RENAME TO record_1;"
    "CREATE TABLE record("
    " key TEXT PRIMARY KEY,"
    " fields TEXT NOT NULL,"
    " sum INTEGER NOT NULL,"
    " changed INTEGER NOT NULL) WITHOUT ROWID;"
    "INSERT INTO record SELECT key, fields_text(fields), sum, changed FROM record_1"
    " ORDER BY key;"
    "DROP TABLE record_1;"
    "CREATE TABLE zone("
    " zone TEXT PRIMARY KEY,"
    " records INTEGER NOT NULL,"
    " sum INTEGER NOT NULL,"
    " serial INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE VIEW rrset AS SELECT"
    " zone,"
    " CASE WHEN rest = '' THEN NULL ELSE substr(rest, 2, instr(substr(rest, 2), ':') - 1)"
    " END AS owner,"
    " CASE WHEN rest = '' THEN NULL ELSE"
    " substr(rest, instr(substr(rest, 2), ':') + 2) END AS type,"
    " json_extract(fields, '$.ttl') AS ttl,"
    " json_extract(fields, '$.values') AS \"values\","
    " fields,"
    " datetime(changed, 'unixepoch') AS changed"
    " FROM (SELECT substr(key, 6, instr(key, '}') - 6) AS zone,"
    " substr(key, instr(key, '}') + 1) AS rest, fields, changed FROM record"
    " WHERE key LIKE 'dns:{%');"
    "INSERT INTO meta SELECT 'uncounted', 'yes' WHERE EXISTS (SELECT 1 FROM record);",

    /* what other parts keep: serials, health, overrides */
    "CREATE TABLE state("
    " kind TEXT NOT NULL,"
    " key TEXT NOT NULL,"
    " value TEXT NOT NULL,"
    " sum INTEGER NOT NULL,"
    " changed INTEGER NOT NULL,"
    " PRIMARY KEY(kind, key)) WITHOUT ROWID;"
    "ALTER TABLE zone DROP COLUMN serial;",
};

#define COLUMNS "SELECT key, fields, sum FROM record WHERE "

const char *const schema_queries[Q_COUNT] = {
    [Q_PUT] = "INSERT INTO record(key, fields, sum, changed) VALUES(?1, ?2, ?3, ?4) "
              "ON CONFLICT(key) DO UPDATE SET fields = ?2, sum = ?3, changed = ?4",
    [Q_COPY] = "INSERT INTO record(key, fields, sum, changed) VALUES(?1, ?2, ?3, ?4) "
               "ON CONFLICT(key) DO UPDATE SET fields = ?2, sum = ?3, changed = ?4 "
               "WHERE changed < ?4",
    [Q_DELETE] = "DELETE FROM record WHERE key = ?1",
    [Q_GET] = COLUMNS "key = ?1",
    [Q_SUM] = "SELECT sum FROM record WHERE key = ?1",
    [Q_UP] = COLUMNS "key > ?1 AND key < ?2 ORDER BY key LIMIT ?3",
    [Q_DOWN] = COLUMNS "key > ?1 AND key < ?2 ORDER BY key DESC LIMIT ?3",
    [Q_META_PUT] = "INSERT INTO meta(name, value) VALUES(?1, ?2) "
                   "ON CONFLICT(name) DO UPDATE SET value = ?2",
    [Q_META_DELETE] = "DELETE FROM meta WHERE name = ?1",
    [Q_META_EACH] = "SELECT name, value FROM meta WHERE name >= ?1 ORDER BY name",
    [Q_STATE_PUT] = "INSERT INTO state(kind, key, value, sum, changed) "
                    "VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(kind, key) "
                    "DO UPDATE SET value = ?3, sum = ?4, changed = ?5",
    [Q_STATE_DELETE] = "DELETE FROM state WHERE kind = ?1 AND key = ?2",
    [Q_STATE_EACH] = "SELECT kind, key, value, sum FROM state "
                     "WHERE ?1 IS NULL OR kind = ?1 ORDER BY kind, key",
    [Q_ZONE_PUT] = "INSERT INTO zone(zone, records, sum) VALUES(?1, ?2, ?3) "
                   "ON CONFLICT(zone) DO UPDATE SET records = ?2, sum = ?3",
    [Q_ASIDE] = "INSERT INTO damaged SELECT key, fields, sum, changed FROM record "
                "WHERE key = ?1",
    [Q_ZONE_EACH] = "SELECT zone, records, sum FROM zone",
};
