/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/config.h"

#include <string.h>

#include "base/mem.h"

static void
free_texts(char **list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		mem_free(list[i]);
	mem_free(list);
}

static char **
copy_texts(char *const *list, size_t count)
{
	char **copy = mem_array(count, sizeof(copy[0]));
	size_t i;

	for (i = 0; i < count; i++)
		copy[i] = mem_str(list[i]);
	return copy;
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void
check_fini(struct config_check *c)
{
	mem_free(c->name);
	mem_free(c->host);
	mem_free(c->path);
	mem_free(c->method);
	free_texts(c->headers, c->header_count);
	mem_free(c->status);
	mem_free(c->body);
	mem_free(c->send);
	mem_free(c->ca_file);
}

struct config_check *
config_check_copy(const struct config_check *c)
{
	struct config_check *copy = mem_dup(c, sizeof(*c));

	copy->where.file = ""; /* the original may be gone first */
	copy->name = mem_str(c->name);
	copy->host = mem_str(c->host);
	copy->path = mem_str(c->path);
	copy->method = mem_str(c->method);
	copy->headers = copy_texts(c->headers, c->header_count);
	copy->status = mem_dup(c->status, c->status_count * sizeof(c->status[0]));
	copy->body = mem_str(c->body);
	copy->send = mem_str(c->send);
	copy->ca_file = mem_str(c->ca_file);
	return copy;
}

void
config_check_free(struct config_check *c)
{
	if (c == NULL)
		return;
	check_fini(c);
	mem_free(c);
}

static bool
same_request(const struct config_check *a, const struct config_check *b)
{
	size_t i;

	if (a->header_count != b->header_count || a->status_count != b->status_count)
		return false;
	for (i = 0; i < a->header_count; i++) {
		if (!same_text(a->headers[i], b->headers[i]))
			return false;
	}
	for (i = 0; i < a->status_count; i++) {
		if (a->status[i].first != b->status[i].first ||
		    a->status[i].last != b->status[i].last)
			return false;
	}
	return a->tls == b->tls && a->verify == b->verify && a->follow == b->follow &&
	       same_text(a->host, b->host) && same_text(a->path, b->path) &&
	       same_text(a->send, b->send) && same_text(a->method, b->method) &&
	       same_text(a->body, b->body) && same_text(a->ca_file, b->ca_file);
}

bool
config_check_equal(const struct config_check *a, const struct config_check *b)
{
	return a->kind == b->kind && a->port == b->port && same_request(a, b) &&
	       a->interval_ms == b->interval_ms && a->timeout_ms == b->timeout_ms &&
	       a->confirm_ms == b->confirm_ms && a->fall == b->fall &&
	       a->rise == b->rise && a->certificate_ms == b->certificate_ms;
}

static void
free_endpoints(struct config_endpoint *e, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		mem_free(e[i].probe);
	mem_free(e);
}

static struct config_endpoint *
copy_endpoints(const struct config_endpoint *e, size_t count)
{
	struct config_endpoint *copy = mem_dup(e, count * sizeof(*e));
	size_t i;

	for (i = 0; i < count; i++) {
		if (e[i].probe != NULL)
			copy[i].probe =
			    mem_dup(e[i].probe, e[i].probe_count * sizeof(e[i].probe[0]));
	}
	return copy;
}

static void
pool_fini(struct config_pool *p)
{
	size_t i;

	mem_free(p->name);
	mem_free(p->check);
	for (i = 0; i < p->region_count; i++) {
		mem_free(p->regions[i].region);
		free_endpoints(p->regions[i].endpoints, p->regions[i].endpoint_count);
	}
	mem_free(p->regions);
	for (i = 0; i < p->fallback_count; i++) {
		mem_free(p->fallbacks[i].region);
		free_texts(p->fallbacks[i].to, p->fallbacks[i].to_count);
		mem_free(p->fallbacks[i].shares);
	}
	mem_free(p->fallbacks);
	mem_free(p->blackhole);
	free_endpoints(p->dflt, p->dflt_count);
	free_endpoints(p->rescue, p->rescue_count);
}

struct config_pool *
config_pool_copy(const struct config_pool *p)
{
	struct config_pool *copy = mem_dup(p, sizeof(*p));
	size_t i;

	copy->where.file = ""; /* the original may be gone first */
	copy->name = mem_str(p->name);
	copy->check = mem_str(p->check);
	copy->regions = mem_array(p->region_count, sizeof(p->regions[0]));
	for (i = 0; i < p->region_count; i++) {
		copy->regions[i] = (struct config_pool_region){
		    .region = mem_str(p->regions[i].region),
		    .endpoints = copy_endpoints(
		        p->regions[i].endpoints, p->regions[i].endpoint_count),
		    .endpoint_count = p->regions[i].endpoint_count,
		};
	}
	copy->fallbacks = mem_array(p->fallback_count, sizeof(p->fallbacks[0]));
	for (i = 0; i < p->fallback_count; i++) {
		copy->fallbacks[i] = (struct config_fallback){
		    .region = mem_str(p->fallbacks[i].region),
		    .to = copy_texts(p->fallbacks[i].to, p->fallbacks[i].to_count),
		    .to_count = p->fallbacks[i].to_count,
		};
		if (p->fallbacks[i].shares != NULL)
			copy->fallbacks[i].shares = mem_dup(p->fallbacks[i].shares,
			    p->fallbacks[i].to_count * sizeof(uint32_t));
	}
	copy->dflt = copy_endpoints(p->dflt, p->dflt_count);
	copy->rescue = copy_endpoints(p->rescue, p->rescue_count);
	if (p->blackhole != NULL)
		copy->blackhole =
		    mem_dup(p->blackhole, p->blackhole_count * sizeof(p->blackhole[0]));
	return copy;
}

static bool
has_names(const struct config_endpoint *e, size_t count)
{
	return count != 0 && e[0].is_name; /* all are, or none is */
}

bool
config_pool_is_cname(const struct config_pool *p)
{
	for (size_t i = 0; i < p->region_count; i++)
		if (has_names(p->regions[i].endpoints, p->regions[i].endpoint_count))
			return true;
	return has_names(p->dflt, p->dflt_count) || p->when_all_down == ALL_DOWN_CNAME;
}

void
config_pool_free(struct config_pool *p)
{
	if (p == NULL)
		return;
	pool_fini(p);
	mem_free(p);
}

static void
peers_fini(struct config_peers *p)
{
	mem_free(p->list);
}

static void
server_fini(struct config_server *s)
{
	explicit_bzero(s->cookies.secrets, sizeof(s->cookies.secrets));
	mem_free(s->rate_limit.allow);
	peers_fini(&s->transfer);
	peers_fini(&s->notify);
	mem_free(s->listen);
	mem_free(s->identity);
	mem_free(s->version);
	mem_free(s->state_dir);
	mem_free(s->control);
	mem_free(s->admin_group);
}

static void
geo_update_fini(struct config_geo_update *u)
{
	mem_free(u->url);
	mem_free(u->file);
	mem_free(u->licence_key_file);
	mem_free(u->account);
	mem_free(u->sha256);
	mem_free(u->sha256_url);
	mem_free(u->ca_file);
}

static void
geo_fini(struct config_geo *g)
{
	size_t i;

	free_texts(g->databases, g->database_count);
	mem_free(g->database_wheres);
	for (i = 0; i < g->region_count; i++) {
		mem_free(g->regions[i].name);
		mem_free(g->regions[i].matches);
	}
	mem_free(g->regions);
	for (i = 0; i < g->prefix_count; i++)
		mem_free(g->prefixes[i].region);
	mem_free(g->prefixes);
	free_texts(g->prefix_files, g->prefix_file_count);
	mem_free(g->prefix_file_wheres);
	for (i = 0; i < g->test_count; i++) {
		mem_free(g->tests[i].country);
		mem_free(g->tests[i].region);
	}
	mem_free(g->tests);
	for (i = 0; i < g->update_count; i++)
		geo_update_fini(&g->updates[i]);
	mem_free(g->updates);
}

static void
login_fini(struct config_login *l)
{
	mem_free(l->user);
	if (l->password != NULL)
		explicit_bzero(l->password, strlen(l->password));
	mem_free(l->password);
}

static void
store_fini(struct config_store *s)
{
	mem_free(s->unix_path);
	login_fini(&s->login);
	login_fini(&s->writer);
	login_fini(&s->sentinel_login);
	mem_free(s->sentinels);
	mem_free(s->master);
	mem_free(s->tls.name);
	mem_free(s->tls.ca_file);
	mem_free(s->tls.cert_file);
	mem_free(s->tls.key_file);
	mem_free(s->probe_allow);
}

static void
wipe_text(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	mem_free(secret);
}

static void
alerts_fini(struct config_alerts *a)
{
	for (size_t i = 0; i < a->hook_count; i++) {
		struct config_hook *h = &a->hooks[i];

		mem_free(h->name);
		wipe_text(h->url);
		free_texts(h->exec, h->exec_count);
		free_texts(h->headers, h->header_count);
		for (size_t n = 0; n < h->secret_header_count; n++)
			wipe_text(h->secret_headers[n]);
		mem_free(h->secret_headers);
		mem_free(h->ca_file);
		mem_free(h->proxy);
	}
	mem_free(a->hooks);
}

void
config_free(struct config *c)
{
	size_t i;

	if (c == NULL)
		return;
	server_fini(&c->server);
	geo_fini(&c->geo);
	for (i = 0; i < c->check_count; i++)
		check_fini(&c->checks[i]);
	mem_free(c->checks);
	for (i = 0; i < c->pool_count; i++)
		pool_fini(&c->pools[i]);
	mem_free(c->pools);
	mem_free(c->health.canaries);
	store_fini(&c->store);
	for (i = 0; i < c->zone_count; i++) {
		mem_free(c->zones[i].file);
		mem_free(c->zones[i].ns);
		peers_fini(&c->zones[i].transfer);
		peers_fini(&c->zones[i].notify);
	}
	mem_free(c->zones);
	alerts_fini(&c->alerts);
	if (c->key_count != 0)
		explicit_bzero(c->keys, c->key_count * sizeof(c->keys[0]));
	mem_free(c->keys);
	free_texts(c->files, c->file_count);
	mem_free(c->path);
	mem_free(c);
}

const struct config_peers *
config_transfer(const struct config *c, const struct config_zone *z)
{
	return z->transfer.is_set ? &z->transfer : &c->server.transfer;
}

const struct config_peers *
config_notify(const struct config *c, const struct config_zone *z)
{
	return z->notify.is_set ? &z->notify : &c->server.notify;
}

const struct config_key *
config_find_key(const struct config *c, const struct name *name)
{
	for (size_t i = 0; i < c->key_count; i++)
		if (name_equal(c->keys[i].tsig.name.bytes, name->bytes))
			return &c->keys[i];
	return NULL;
}

const struct config_check *
config_find_check(const struct config *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->check_count; i++) {
		if (strcmp(c->checks[i].name, name) == 0)
			return &c->checks[i];
	}
	return NULL;
}
