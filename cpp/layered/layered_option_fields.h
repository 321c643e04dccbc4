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
  f("early_image_percent", options.early_image_percent);
  f("grid_pages", options.grid_pages);
  f("cuts_at_edges", options.cuts_at_edges);
  f("cuts_at_density", options.cuts_at_density);
  f("keeps_identical", options.keeps_identical);
  f("page_image_records", options.page_image_records);
  f("page_image_bytes", options.page_image_bytes);
  f("history_bytes", options.history_bytes);
  f("history_s", options.history_s);
  f("log_bytes_per_s", options.log_bytes_per_s);
  f("bottom_image_percent", options.bottom_image_percent);
  f("worker_bytes_per_s", options.worker_bytes_per_s);
  f("device_bytes_per_s", options.device_bytes_per_s);
}

}  // namespace lsmkit
