// The options that are stored in a database, as text.
#include "fuzz_target.h"
#include "lsmkit/db/options.h"

namespace lsmkit::fuzz {

const Target kTarget{"options", 40'000, 64 << 10, 256};

std::vector<std::string> seeds() {
  Options other;
  other.sync = {5, 100};
  other.compression_levels = {-7, 0, 22};
  other.level_sizing = "static";
  other.picker = "round_robin";
  return {to_stored_text(Options()), to_stored_text(other),
          "sync=every(3)\nfanout=4.5\ncut=grid\ncompression_levels=1,2,3\n"};
}

void run_one(std::string_view bytes) {
  Options options;
  if (!succeeds([&] { set_stored_options(options, bytes); })) return;
  if (!succeeds([&] { options.validate(); })) return;
  const std::string once = to_stored_text(options);
  Options again;
  set_stored_options(again, once);
  require(to_stored_text(again) == once, "options read back as written");
  for (const auto& [name, text] : to_map(options)) set_option(again, name, text);
  require(again == options, "every option reads back from its text");
}

}  // namespace lsmkit::fuzz
