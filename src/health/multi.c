/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/multi.h"

#include <curl/curl.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"

/*
 * One multi handle does a few thousand transfers a second, however few are busy: its
 * costs grow with all that it holds. Sixteen of them do five times as many.
 */
#define HANDLE_COUNT 16

struct multi_handle {
	CURLM *curl; /* NULL: not needed yet */
	struct multi *multi;
	struct loop_timer *timer;
};

/*
 * A multi handle keeps the CA store of one file only, so that two files in one handle
 * would each be read again at every handshake.
 */
struct pack {
	struct pack *next;
	char *ca_file; /* NULL: the system's */
	size_t turn;
	struct multi_handle handles[HANDLE_COUNT];
};

struct multi {
	struct loop *loop;
	multi_done *done;
	struct pack *packs;
};

static void
collect(struct multi_handle *h)
{
	struct CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(h->curl, &left)) != NULL) {
		void *ctx = NULL;
		CURLcode code = msg->data.result;

		if (msg->msg != CURLMSG_DONE)
			continue;
		/* the message is gone with the handle */
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &ctx);
		h->multi->done(ctx, (int)code);
	}
}

static void
on_timer(void *ctx)
{
	struct multi_handle *h = ctx;
	int running;

	curl_multi_socket_action(h->curl, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(h);
}

static int
on_timeout_change(CURLM *curl, long timeout_ms, void *ctx)
{
	struct multi_handle *h = ctx;

	(void)curl;
	if (timeout_ms < 0)
		loop_timer_clear(h->timer);
	else
		loop_timer_set_ms(h->timer, timeout_ms);
	return 0;
}

static void
on_fd(void *ctx, int fd, unsigned ready)
{
	struct multi_handle *h = ctx;
	int mask = 0, running;

	if (ready & LOOP_READ)
		mask |= CURL_CSELECT_IN;
	if (ready & LOOP_WRITE)
		mask |= CURL_CSELECT_OUT;
	curl_multi_socket_action(h->curl, fd, mask, &running);
	collect(h);
}

static int
on_socket_change(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
	struct multi_handle *h = ctx;
	struct loop_watch *watch = socket_ctx;
	unsigned events = 0;

	(void)easy;
	loop_watch_free(watch);
	watch = NULL;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= LOOP_READ;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= LOOP_WRITE;
	if (events != 0)
		watch = loop_watch_new(h->multi->loop, fd, events, on_fd, h);
	curl_multi_assign(h->curl, fd, watch);
	return 0;
}

/* A handle of the pack, in turn; made when it is first needed. */
static struct multi_handle *
next_handle(struct multi *m, struct pack *p)
{
	struct multi_handle *h = &p->handles[p->turn++ % HANDLE_COUNT];

	if (h->curl != NULL)
		return h;
	h->curl = curl_multi_init();
	if (h->curl == NULL)
		return NULL;
	h->multi = m;
	h->timer = loop_timer_new(m->loop, on_timer, h);
	curl_multi_setopt(h->curl, CURLMOPT_SOCKETFUNCTION, on_socket_change);
	curl_multi_setopt(h->curl, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->curl, CURLMOPT_TIMERFUNCTION, on_timeout_change);
	curl_multi_setopt(h->curl, CURLMOPT_TIMERDATA, h);
	return h;
}

static struct pack *
get_pack(struct multi *m, const char *ca_file)
{
	struct pack *p = m->packs;

	for (; p != NULL; p = p->next)
		if (ca_file == NULL
		        ? p->ca_file == NULL
		        : p->ca_file != NULL && strcmp(p->ca_file, ca_file) == 0)
			return p;
	p = mem_new(sizeof(*p));
	p->ca_file = mem_str(ca_file);
	p->next = m->packs;
	m->packs = p;
	return p;
}

struct multi_handle *
multi_add(struct multi *m, const char *ca_file, void *easy)
{
	struct multi_handle *h = next_handle(m, get_pack(m, ca_file));

	if (h == NULL || curl_multi_add_handle(h->curl, easy) != CURLM_OK)
		return NULL;
	return h;
}

void
multi_remove(struct multi_handle *handle, void *easy)
{
	curl_multi_remove_handle(handle->curl, easy);
}

enum err
multi_new(struct loop *loop, multi_done *done, struct multi **out)
{
	struct multi *m;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return ERR_IO;
	m = mem_new(sizeof(*m));
	m->loop = loop;
	m->done = done;
	*out = m;
	return OK;
}

static void
free_pack(struct pack *p)
{
	for (size_t i = 0; i < HANDLE_COUNT; i++) {
		if (p->handles[i].curl == NULL)
			continue;
		curl_multi_cleanup(p->handles[i].curl);
		loop_timer_free(p->handles[i].timer);
	}
	mem_free(p->ca_file);
	mem_free(p);
}

void
multi_free(struct multi *m)
{
	struct pack *p;

	if (m == NULL)
		return;
	while ((p = m->packs) != NULL) {
		m->packs = p->next;
		free_pack(p);
	}
	curl_global_cleanup();
	mem_free(m);
}
