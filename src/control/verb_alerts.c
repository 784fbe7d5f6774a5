/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/alerts.h"
#include "control/verbs.h"

void
verb_alerts(void *ctx, struct request *rq)
{
	struct control *c = ctx;

	if (!request_check_args(rq, 0, 0))
		return;
	alerts_write(c->alerts, request_text(rq), request_data(rq));
	reply_ok(rq);
}

void
verb_alerts_test(void *ctx, struct request *rq)
{
	struct control *c = ctx;

	if (request_check_args(rq, 0, 1))
		alerts_test(c->alerts, rq, rq->argc == 2 ? rq->argv[1] : NULL);
}
