/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "control/notify.h"
#include "control/verbs.h"

void
verb_notify(void *ctx, struct request *rq)
{
	struct control *c = ctx;
	struct name zone;
	size_t peers;

	if (!request_check_args(rq, 0, 1))
		return;
	if (rq->argc == 2 &&
	    name_parse(rq->argv[1], strlen(rq->argv[1]), &name_root, &zone) != OK) {
		reply_error(rq, "syntax", "\"%s\" is no name", rq->argv[1]);
		return;
	}
	peers = notifier_tell(c->notifier, rq->argc == 2 ? &zone : NULL);
	if (peers == 0 && rq->argc == 2) {
		reply_error(
		    rq, "not-found", "no zone %s has anybody to notify", rq->argv[1]);
		return;
	}
	json_set_int(request_data(rq), "peers", (int64_t)peers);
	buf_printf(request_text(rq), "%zu peers are told\n", peers);
	reply_ok(rq);
}
