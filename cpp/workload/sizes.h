// How large the next value, or how long the next scan, is; how large they are on average; and the
// bytes of a value.
#pragma once

#include <cstdint>
#include <string>

#include "lsmkit/numbers/random.h"
#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

uint64_t draw_size(const SizeChoice& choice, Random& random);

// The mean of all draws, to 1e-6 of it; of a Pareto that wraps, to 1e-3.
double mean_size(const SizeChoice& choice);

// A value: a function of seed, id and version alone, so that who reads it back knows what is due.
// Random bytes and repeated ones alternate every 64 bytes, so that any block of values compresses
// to about `compressed_share`. Replaces `out`.
void make_value(uint64_t seed, uint64_t id, uint64_t version, size_t bytes, double compressed_share,
                std::string& out);

}  // namespace lsmkit
