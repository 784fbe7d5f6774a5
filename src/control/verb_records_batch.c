/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "control/recordkey.h"
#include "control/trip.h"
#include "control/verbs.h"
#include "store/batch.h"
#include "store/exchange.h"

struct batch_trip {
	struct store_batch batch; /* first */
	struct trip trip;
	struct control *control;
	char **lines; /* the request's */
	size_t line_count;
	enum err e;
	struct buf why;
};

static struct batch_trip *
of_trip(struct trip *t)
{
	return (
	    struct batch_trip *)(void *)((char *)t - offsetof(struct batch_trip, trip));
}

static void
on_done(struct store_batch *b, enum err e, const char *why)
{
	struct batch_trip *t = (struct batch_trip *)(void *)b;

	t->e = e;
	buf_str(&t->why, why);
	trip_home(&t->trip);
}

/* A line that is no record has an empty key, and its reason. */
static void
read_line(const struct world *w, const char *line, struct disk_row *row, char **refused)
{
	struct buf why = {0};
	const char *hidden;

	if (exchange_read(line, strlen(line), &row->key, &row->fields, &why) != OK) {
		row->key = mem_str("");
		*refused = buf_take(&why);
		return;
	}
	hidden = recordkey_hidden(w, row->key);
	if (hidden != NULL)
		*refused = mem_printf("it would not be served: %s", hidden);
}

static void
in_store_thread(struct trip *trip)
{
	struct batch_trip *t = of_trip(trip);
	const struct world *w = publish_load(&t->control->shared->world);
	struct store_batch *b = &t->batch;

	for (size_t i = 0; i < b->count; i++)
		read_line(w, t->lines[i], &b->rows[i], &b->refused[i]);
	store_write(t->control->store, b);
}

/* Text: the number of the record in the request, from 1, its key and the reason. */
static void
write_refused(const struct store_batch *b, struct request *rq)
{
	struct json *list = json_array();

	for (size_t i = 0; i < b->count; i++) {
		struct json *one;

		if (b->refused[i] == NULL)
			continue;
		buf_printf(request_text(rq), "%zu %s: %s\n", i + 1, b->rows[i].key,
		    b->refused[i]);
		one = json_object();
		json_set_int(one, "record", (int64_t)i + 1);
		json_set_str(one, "key", b->rows[i].key);
		json_set_str(one, "reason", b->refused[i]);
		json_push(list, one);
	}
	json_set_int(request_data(rq), "good", (int64_t)(b->count - b->refused_count));
	json_set(request_data(rq), "refused", list);
}

static void
back_home(struct trip *trip)
{
	struct batch_trip *t = of_trip(trip);
	struct store_batch *b = &t->batch;
	struct request *rq = trip->rq;

	write_refused(b, rq);
	if (t->e == OK && !b->only_check)
		log_info("records set count=%zu refused=%zu by=\"%s\"",
		    b->count - b->refused_count, b->refused_count, rq->who);
	if (t->e == OK)
		reply_ok(rq);
	else
		reply_err(rq, t->e, "%s", buf_text(&t->why));
	batch_fini(b);
	buf_fini(&t->why);
	mem_free(t);
}

void
verb_records_batch(void *ctx, struct request *rq)
{
	struct control *c = ctx;
	bool check = request_flag(rq, "--check"), skip = request_flag(rq, "--skip");
	bool force = request_flag(rq, "--force");
	struct batch_trip *t;

	if (!request_check_args(rq, 1, 10000))
		return;
	t = mem_new(sizeof(*t));
	t->control = c;
	t->line_count = (size_t)rq->argc - 1;
	batch_init(
	    &t->batch, mem_array(t->line_count, sizeof(struct disk_row)), t->line_count);
	t->batch.only_check = check;
	t->batch.skip_refused = skip;
	t->batch.force = force;
	t->batch.done = on_done;
	/* the request stays as it is until its end, and nobody else looks at its words */
	t->lines = rq->argv + 1;
	t->trip = (struct trip){
	    .rq = rq, .home = c->loop, .there = in_store_thread, .back = back_home};
	trip_go(&t->trip, c->store_loop);
}
