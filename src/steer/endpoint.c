/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/endpoint.h"

void
endpoint_write(const struct pool *p, const struct endpoint *e, struct buf *out)
{
	char text[NAME_TEXT_MAX];

	if (e->name != NULL)
		name_write_plain(e->name->bytes, text);
	else
		ip_write(&e->ip, text);
	buf_printf(out, "%s/%s/%s", p->name, pool_group_text(p, e), text);
}
