/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verbs, one function each; ctx is the struct control.
 *
 * Shape: see control/verb.h.
 * Owner: each owns its request until it ends it.
 * Threads: the control thread.
 * Errors: replies.
 * Source: DESIGN "Control"; sextantctl(8).
 */
#ifndef CONTROL_VERBS_H
#define CONTROL_VERBS_H

#include "control/control.h"

void
verb_status(void *ctx, struct request *rq);
void
verb_alerts(void *ctx, struct request *rq);
void
verb_alerts_test(void *ctx, struct request *rq);
void
verb_store(void *ctx, struct request *rq);
void
verb_health(void *ctx, struct request *rq);
void
verb_pools(void *ctx, struct request *rq);
void
verb_zones(void *ctx, struct request *rq);
void
verb_watch(void *ctx, struct request *rq);
void
verb_up(void *ctx, struct request *rq);
void
verb_down(void *ctx, struct request *rq);
void
verb_drain(void *ctx, struct request *rq);
void
verb_auto(void *ctx, struct request *rq);
void
verb_overrides(void *ctx, struct request *rq);
void
verb_whatif(void *ctx, struct request *rq);
void
verb_explain(void *ctx, struct request *rq);
void
verb_records_get(void *ctx, struct request *rq);
void
verb_records_set(void *ctx, struct request *rq);
void
verb_records_delete(void *ctx, struct request *rq);
void
verb_held(void *ctx, struct request *rq);
void
verb_accept(void *ctx, struct request *rq);
void
verb_rejected(void *ctx, struct request *rq);
void
verb_records_list(void *ctx, struct request *rq);
void
verb_records_batch(void *ctx, struct request *rq);
void
verb_notify(void *ctx, struct request *rq);
void
verb_geo(void *ctx, struct request *rq);
void
verb_geo_update(void *ctx, struct request *rq);
void
verb_reload(void *ctx, struct request *rq);
void
verb_plan(void *ctx, struct request *rq);

/* What `status` and `store` say of the record store. */
struct store_status;
void
verb_store_write(struct request *rq, const struct store_status *s);

/* "2m 5s", for people. */
#define AGE_TEXT_MAX 32
void
age_write(int64_t seconds, char out[AGE_TEXT_MAX]);

#endif
