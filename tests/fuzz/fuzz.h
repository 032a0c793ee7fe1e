/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a fuzz target defines: called by libFuzzer, or by replay.c with the files of a corpus. */
#ifndef FDPASS_FUZZ_H
#define FDPASS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
