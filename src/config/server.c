/* SPDX-License-Identifier: BSD-2-Clause */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/names.h"
#include "config/parts.h"

enum { WORKERS_MAX = 128 };

/* What a container or taskset leaves us, not what the machine has. */
static uint32_t
usable_cores(void)
{
	cpu_set_t set;
	int n = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
	return n < 1 ? 1 : n > WORKERS_MAX ? WORKERS_MAX : (uint32_t)n;
}

static char *
host_name(void)
{
	char name[256];

	if (gethostname(name, sizeof(name)) != 0 || name[0] == '\0')
		return mem_str("localhost");
	name[sizeof(name) - 1] = '\0';
	return mem_str(name);
}

static void
check_listen(
    struct reader *r, const struct tree_node *list, const struct config_server *s)
{
	char text[ENDPOINT_TEXT_MAX];
	struct names seen = {0};
	size_t i;

	for (i = 0; list != NULL && i < s->listen_count; i++) {
		if (s->listen[i].ip.family == 0)
			continue;
		ip_port_write(&s->listen[i], text);
		names_add(&seen, text, tree_at(list, i));
	}
	names_sort(&seen, r, "address");
	names_fini(&seen);
}

void
server_finish(struct reader *r, const struct tree_node *map, void *base)
{
	struct config_server *s = base;
	size_t max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;

	if (s->workers == 0)
		s->workers = usable_cores();
	if (s->identity == NULL)
		s->identity = host_name();
	check_listen(r, tree_find(map, "listen"), s);
	if (tree_find(map, "control") != NULL && s->control != NULL &&
	    strlen(s->control) > max)
		reader_error(r, tree_find(map, "control"),
		    "control \"%s\": expected a path of at most %zu characters",
		    s->control, max);
}

static int
compare_prefixes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ip_prefix));
}

/* So that the query path can look a client up by halves. */
static void
order_prefixes(struct ip_prefix *list, size_t *count)
{
	size_t kept = 0;

	if (*count == 0)
		return;
	/* address, then length: what holds others comes before them */
	qsort(list, *count, sizeof(*list), compare_prefixes);
	for (size_t i = 0; i < *count; i++)
		if (kept == 0 || !ip_prefix_holds(&list[kept - 1], &list[i].ip))
			list[kept++] = list[i];
	*count = kept;
}

void
rate_limit_finish(struct reader *r, const struct tree_node *map, void *base)
{
	struct config_rate_limit *c = base;

	order_prefixes(c->allow, &c->allow_count);
	if (map != NULL && tree_find(map, "responses_per_second") == NULL)
		reader_warning(r, map,
		    "rate_limit has no responses_per_second, so nothing is limited");
}
