/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/probeable.h"

#include "base/log.h"

static const struct ip_prefix special[] = {
    {{4, {0}}, 8}, /* this network */
    {{4, {10}}, 8}, /* RFC 1918 */
    {{4, {100, 64}}, 10}, /* RFC 6598 */
    {{4, {127}}, 8}, /* loopback */
    {{4, {169, 254}}, 16}, /* link-local */
    {{4, {172, 16}}, 12}, /* RFC 1918 */
    {{4, {192, 168}}, 16}, /* RFC 1918 */
    {{4, {224}}, 3}, /* multicast, reserved, broadcast */
    {{6, {0}}, 127}, /* unspecified and loopback */
    {{6, {0xfc}}, 7}, /* unique local */
    {{6, {0xfe, 0x80}}, 10}, /* link-local */
    {{6, {0xff}}, 8}, /* multicast */
};

bool
probeable_is_allowed(const struct config *c, const struct ip *ip)
{
	uint8_t outer;
	struct ip inner = ip_unwrap(ip, &outer);

	for (size_t i = 0; i < c->store.probe_allow_count; i++)
		if (ip_prefix_holds(&c->store.probe_allow[i], ip) ||
		    ip_prefix_holds(&c->store.probe_allow[i], &inner))
			return true;
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (ip_prefix_holds(&special[i], ip) ||
		    ip_prefix_holds(&special[i], &inner))
			return false;
	for (size_t i = 0; i < c->server.listen_count; i++)
		if (ip_equal(&c->server.listen[i].ip, ip))
			return false;
	return true;
}

void
probeable_mark(const struct config *c, struct pool *p)
{
	for (size_t i = 0; p->check != NULL && i < p->endpoint_count; i++) {
		struct endpoint *e = &p->endpoints[i];
		char ip[IP_TEXT_MAX];

		if (e->name != NULL || probeable_is_allowed(c, &e->ip))
			continue;
		e->unprobed = true;
		ip_write(&e->ip, ip);
		log_notice("endpoint not probed pool=\"%s\" address=%s: not in "
		           "store.probe_allow",
		    p->name, ip);
	}
}
