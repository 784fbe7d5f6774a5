/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/backoff.h"

#include <sys/random.h>

#include "base/clock.h"

int64_t
backoff_ms(unsigned tries, int64_t most_ms, uint32_t dice)
{
	int64_t most = BACKOFF_FIRST_MS;

	for (; tries != 0 && most < most_ms; tries--)
		most *= 2;
	if (most > most_ms)
		most = most_ms;
	return BACKOFF_LEAST_MS +
	       (int64_t)(((uint64_t)dice * (uint64_t)(most - BACKOFF_LEAST_MS + 1)) >>
	                 32);
}

uint32_t
backoff_dice(void)
{
	uint32_t dice;

	if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) != sizeof(dice))
		dice = (uint32_t)mono_now().ms * 2654435761U;
	return dice;
}
