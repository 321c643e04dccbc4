// What a filter lets through on average, for who has no filter to ask.
#pragma once

namespace lsmkit {

// The share of absent keys that the filter of so many keys answers wrongly (filter.h). Keys fall
// into lines by chance, so a line has a Poisson number of them, and more or fewer bits set. 1 where
// there is no filter. (Putze, Sanders and Singler, "Cache-, hash- and space-efficient Bloom
// filters", JEA 2009, section 3)
double false_positive_rate(double key_count, double bits_per_key);

}  // namespace lsmkit
