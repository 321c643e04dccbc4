// Versions and tables as lines of text.
#include "fuzz_target.h"
#include "lsmkit/version/version.h"

namespace lsmkit::fuzz {

const Target kTarget{"version_text", 40'000, 256 << 10, 1'024};

std::vector<std::string> seeds() {
  return {
      "L0 run=12 #7 ape..zoo weight=25 entries=2 seqnos=3..12\nL1 #3.0.1 a..c weight=1000\n"
      "L1 cursor=c\n",
      "L2 #4 \\x00..\\xff weight=7 file_bytes=9 key_bytes=1 value_bytes=2 created_us=3 id=8\n"
      "L2 #5.1.2 \\xff\\x00..\\xff\\xff first=3:2 last=4:4:exclusive codec=1 "
      "samples=a@1,b@2 unknown=40:00ff\nL15 cursor=\\x2e\n"};
}

void run_one(std::string_view bytes) {
  succeeds([&] {
    const Version version = version_from_text(bytes);
    version.check_invariants();
    const std::string text = to_text(version);
    const Version again = version_from_text(text);
    again.check_invariants();
    require(to_text(again) == text, "a version reads back from its text");
  });
  succeeds([&] {
    const TableMeta table = table_from_text(bytes);
    require(table_from_text(to_text(table)) == table, "a table reads back from its text");
  });
}

}  // namespace lsmkit::fuzz
