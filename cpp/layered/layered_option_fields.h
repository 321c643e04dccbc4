// The options of a layered store by name: the one list that bindings and texts go by. A new option
// is a line here and a field of lsmkit.layered.Options.
#pragma once

#include <type_traits>

#include "lsmkit/layered/layer_planner.h"

namespace lsmkit {

// `f(name, member)` for each option.
template <class Options, class F>
void each_field(Options& options,
                F&& f) requires std::is_same_v<std::remove_const_t<Options>, LayeredOptions> {
  f("target_bytes", options.target_bytes);
  f("fanout", options.fanout);
  f("partitioned", options.partitioned);
  f("grid_pages", options.grid_pages);
  f("keeps_identical", options.keeps_identical);
}

}  // namespace lsmkit
