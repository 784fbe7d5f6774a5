/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/workers.h"

#include "base/log.h"
#include "base/mem.h"

enum err
workers_open(struct workers *w, const struct config_server *c, struct shared *shared,
    struct buf *why)
{
	enum err e = OK;

	w->udp = mem_array(c->listen_count * c->workers, sizeof(struct udp *));
	w->tcp = mem_array(c->tcp_workers, sizeof(struct tcp *));
	for (size_t i = 0; i < c->listen_count; i++)
		for (unsigned k = 0; e == OK && k < c->workers; k++) {
			e = udp_open(&c->listen[i], shared, &w->udp[w->udp_count], why);
			if (e != OK)
				break;
			udp_set_queue(
			    w->udp[w->udp_count], (size_t)2 * c->receive_buffer);
			udp_set_sharers(w->udp[w->udp_count++], c->workers);
		}
	if (e == OK && transfers_new(shared, &w->transfers) != OK) {
		buf_str(why, "no room for the transfers' thread");
		e = ERR_SPACE;
	}
	for (unsigned k = 0; e == OK && k < c->tcp_workers; k++) {
		e = tcp_open(
		    c->listen, c->listen_count, shared, &w->tcp[w->tcp_count], why);
		if (e == OK)
			tcp_set_transfers(w->tcp[w->tcp_count++], w->transfers);
	}
	return e;
}

/* Half of the descriptors are for probes, the store, the control socket. */
static void
tell_few_descriptors(const struct config_server *c)
{
	size_t max = tcp_connections_max(c);

	if (max < c->tcp_connections)
		log_warning("too few open files for tcp_connections: %zu of %u in each "
		            "TCP worker",
		    max, c->tcp_connections);
}

void
workers_start(struct workers *w, const struct config_server *c)
{
	char text[ENDPOINT_TEXT_MAX];

	tell_few_descriptors(c);
	for (size_t i = 0; i < w->udp_count; i++)
		udp_start(w->udp[i]);
	transfers_start(w->transfers);
	for (size_t i = 0; i < w->tcp_count; i++)
		tcp_start(w->tcp[i]);
	for (size_t i = 0; i < c->listen_count; i++) {
		ip_port_write(&c->listen[i], text);
		log_notice("listening address=%s udp_workers=%u tcp_workers=%u", text,
		    c->workers, c->tcp_workers);
	}
}

void
workers_close(struct workers *w)
{
	/* so that it sends nothing to workers that are gone, and they to it before it is
	 */
	transfers_stop(w->transfers);
	for (size_t i = 0; i < w->tcp_count; i++)
		tcp_free(w->tcp[i]);
	transfers_free(w->transfers);
	for (size_t i = 0; i < w->udp_count; i++)
		udp_free(w->udp[i]);
	mem_free(w->tcp);
	mem_free(w->udp);
	*w = (struct workers){0};
}

void
workers_sum(const struct workers *w, uint64_t sums[COUNT_COUNTERS])
{
	for (unsigned c = 0; c < COUNT_COUNTERS; c++) {
		for (size_t i = 0; i < w->udp_count; i++)
			sums[c] += counter_get(udp_counters(w->udp[i]), (enum counter)c);
		for (size_t i = 0; i < w->tcp_count; i++)
			sums[c] += counter_get(tcp_counters(w->tcp[i]), (enum counter)c);
	}
}

bool
workers_last_limited(const struct workers *w, struct ip_prefix *prefix, struct mono *at)
{
	bool found = false;

	for (size_t i = 0; i < w->udp_count; i++) {
		struct ip_prefix p;
		struct mono t;

		if (!limit_get_last(udp_limit(w->udp[i]), &p, &t))
			continue;
		if (found && t.ms <= at->ms)
			continue;
		*prefix = p;
		*at = t;
		found = true;
	}
	return found;
}
