/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a fuzz target is: one function that takes any octets. It aborts (assert) when
 * something is wrong with what our code made of them, and returns 0.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
