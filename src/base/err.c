/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/err.h"

const char *
err_text(enum err e)
{
	switch (e) {
	case OK:
		return "ok";
	case ERR_IO:
		return "input/output error";
	case ERR_SYNTAX:
		return "syntax error";
	case ERR_RANGE:
		return "out of range";
	case ERR_SPACE:
		return "no room";
	case ERR_EXISTS:
		return "exists already";
	case ERR_MISSING:
		return "not found";
	case ERR_DENIED:
		return "denied";
	case ERR_BUSY:
		return "busy";
	case ERR_CORRUPT:
		return "damaged";
	case ERR_UNSUPPORTED:
		return "not supported";
	case ERR_CLOSED:
		return "closed";
	}
	return "unknown error";
}
