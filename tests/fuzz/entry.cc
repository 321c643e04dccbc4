// Where libFuzzer and the replay come in: an input, the memory that it may take, and what it may
// not throw.
#include "budget.h"
#include "fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lsmkit::fuzz;
  static const bool is_ready = !seeds().empty();  // what targets keep is no input's doing
  require(is_ready, "a target has seeds");
  const Budget budget(kTarget.base_bytes + size * kTarget.bytes_per_input_byte);
  try {
    run_one({reinterpret_cast<const char*>(data), size});
  } catch (const std::exception& error) {
    fail(std::string("nothing but the library's errors is thrown, and those are caught: ") +
         error.what());
  }
  return 0;
}
