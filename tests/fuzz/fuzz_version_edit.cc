// Version edits: decoded, encoded, applied one after the other.
//
//   input := edits, each bytes u16 | a version edit
#include "fuzz_target.h"
#include "input.h"
#include "lsmkit/bytes/coding.h"
#include "lsmkit/version/version.h"

namespace lsmkit::fuzz {

const Target kTarget{"version_edit", 40'000, 256 << 10, 1'024};

namespace {

constexpr size_t kMostEdits = 64;

std::string encoded(const VersionEdit& edit) {
  std::string out;
  encode(edit, out);
  return out;
}

void check_round_trip(const VersionEdit& edit) {
  const std::string once = encoded(edit);
  const VersionEdit again = decode_version_edit(once);
  require(encoded(again) == once, "an edit reads back as written");
  require(again.added.size() == edit.added.size() && again.removed.size() == edit.removed.size(),
          "an edit keeps its tables");
  for (size_t i = 0; i < edit.added.size(); ++i) {
    require(*again.added[i].table == *edit.added[i].table, "a table meta reads back as written");
  }
  name_of(edit.reason);
}

// What a version says of itself is consistent, as text too.
void check_version(const Version& version) {
  version.check_invariants();
  const std::string text = to_text(version);
  require(to_text(version_from_text(text)) == text, "a version reads back from its text");
  const Version rebuilt = Version().after(full_edit(version));
  require(to_text(rebuilt) == text, "a version is rebuilt by its full edit");
}

// Edits from version to version, or, if nothing is removed, that add to what stands.
std::string seed_of(std::initializer_list<std::string_view> texts, bool removes = true) {
  std::string out;
  Version version;
  for (const std::string_view text : texts) {
    VersionEdit edit = full_edit(version_from_text(text));
    edit.reason = EditReason::kFlush;
    edit.next_job = JobNumber{9};
    edit.counters = Counters{.puts = 5};
    for_each_table(version, [&](const TableRef& table) {
      if (!removes) return;
      const auto place = *version.find(table->number);
      edit.removed.push_back({place.level, place.run, table->number, table->smallest.key});
    });
    version = version.after(edit);
    put_fixed16(out, static_cast<uint16_t>(encoded(edit).size()));
    out += encoded(edit);
  }
  return out;
}

}  // namespace

std::vector<std::string> seeds() {
  return {seed_of({"L0 #1 ape..zoo weight=25 entries=2 seqnos=3..12\nL1 cursor=c\n",
                   "L0 #4 b..c weight=9 entries=1 seqnos=20..22 samples=b@3,bb@5\n"
                   "L0 #3 a..z weight=9 entries=1 seqnos=13..19\nL1 #5 a..c weight=1000 id=77\n"
                   "L1 #5.0.1 d..e weight=500 last=3:4:exclusive\n"}),
          seed_of({"L1 #1 a..c weight=10\nL1 #2 d..f weight=10\nL2 #3 b..e weight=100\n"
                   "L3 #4 a..z weight=1000 unknown=40:6162\n"}),
          seed_of({"L1 #1 b..d weight=10\nL1 #2 m..p weight=10\nL0 #9 a..z entries=1 seqnos=5..7\n",
                   "L1 #3 e..g weight=10\nL2 #4 a..z weight=10\n",
                   "L1 #5 h..j weight=10\nL0 #6 a..c entries=1 seqnos=8..9\n",
                   "L2 #7 zz..zzz weight=10\n"},
                  false)};
}

void run_one(std::string_view bytes) {
  Input input(bytes);
  Version version;
  for (size_t count = 0; count < kMostEdits && !input.empty(); ++count) {
    VersionEdit edit;
    const std::string_view record = input.take(input.take_u16());
    if (!succeeds([&] { edit = decode_version_edit(record); })) continue;
    check_round_trip(edit);
    Version after;
    if (!succeeds([&] { after = version.after(edit); })) {
      version.check_invariants();
      continue;
    }
    version = after;
    check_version(version);
  }
}

}  // namespace lsmkit::fuzz
