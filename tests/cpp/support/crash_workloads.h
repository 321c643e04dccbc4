// What a database is put through by the crash and the fault tests: each workload is there for
// something that goes to disk in its own way.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "lsmkit/manifest/manifest.h"
#include "support/crash_session.h"

namespace lsmkit::test {

struct Workload {
  std::string name;
  std::string sync;
  std::function<void(Session&)> run;
};

// Puts to random keys, of so many different ones.
inline void put_some(Session& s, std::mt19937_64& random, uint64_t count, uint64_t keys,
                     size_t value_bytes) {
  for (uint64_t i = 0; i < count; ++i) {
    const auto letter = static_cast<char>('a' + random() % 26);
    s.put(numbered("k", random() % keys), std::string(value_bytes, letter) + std::to_string(i));
  }
}

inline const Workload kWorkloads[] = {
    {"a few puts, each synced", "always",
     [](Session& s) {
       s.open();
       for (uint64_t i = 0; i < 12; ++i) s.put(numbered("k", i), std::string(20, 'a'));
       s.look();
       s.close();
     }},
    {"flushes and compactions, never synced", "none",
     [](Session& s) {
       s.open();
       std::mt19937_64 random(5);
       for (uint64_t i = 0; i < 150; ++i) {
         s.put(numbered("k", random() % 60),
               std::string(40 + random() % 60, static_cast<char>('a' + i % 26)));
       }
       s.close();
     }},
    {"every third, deletes between", "every(3)",
     [](Session& s) {
       s.open();
       std::mt19937_64 random(6);
       for (uint64_t i = 0; i < 120; ++i) {
         if (random() % 3 == 0) {
           s.remove(numbered("k", random() % 30));
         } else {
           s.put(numbered("k", random() % 30), std::string(50, 'b') + std::to_string(i));
         }
       }
       s.look();
     }},
    {"at intervals, by the clock", "interval(2)",
     [](Session& s) {
       s.open();
       for (uint64_t i = 0; i < 80; ++i)
         s.put(numbered("k", i % 25), std::string(70, 'c') + std::to_string(i));
       s.sync();
       for (uint64_t i = 0; i < 10; ++i) s.put(numbered("z", i), "last words");
     }},
    {"batches that cross blocks and fill memtables", "hybrid(4, 3)",
     [](Session& s) {
       s.open();
       for (uint64_t i = 0; i < 6; ++i) {
         std::vector<std::pair<std::string, std::string>> puts;
         for (uint64_t j = 0; j < 10; ++j) {
           puts.emplace_back(numbered("b", (i * 7 + j) % 40), std::string(i % 2 ? 4'500 : 30, 'd'));
         }
         s.write(puts);
         s.put(numbered("one", i), "between");
       }
       s.close();
     }},
    {"one write synced among many that are not", "none",
     [](Session& s) {
       s.open();
       for (uint64_t i = 0; i < 60; ++i)
         s.put(numbered("k", i % 20), std::string(60, 'e') + std::to_string(i), i % 9 == 8);
     }},
    {"opened and closed again and again", "every(5)",
     [](Session& s) {
       for (uint64_t round = 0; round < 4; ++round) {
         s.open();
         for (uint64_t i = 0; i < 9; ++i) s.put(numbered("k", i + round), numbered("round", round));
         s.close();
       }
     }},
    {"a snapshot held over a manual compaction", "none",
     [](Session& s) {
       s.open();
       for (uint64_t i = 0; i < 40; ++i)
         s.put(numbered("k", i % 15), std::string(80, 'f') + std::to_string(i));
       s.hold_snapshot();
       for (uint64_t i = 0; i < 40; ++i)
         s.put(numbered("k", i % 15), std::string(80, 'g') + std::to_string(i));
       s.compact();
       s.look_at_snapshot();
       s.flush();
       for (uint64_t i = 0; i < 5; ++i) s.remove(numbered("k", i));
     }},
    {"checkpoints in the middle, of tables and of logs", "every(4)",
     [](Session& s) {
       s.open();
       std::mt19937_64 random(10);
       put_some(s, random, 30, 20, 60);
       s.checkpoint("/first");
       put_some(s, random, 25, 20, 60);
       s.flush();
       s.checkpoint("/second");
       put_some(s, random, 15, 20, 60);
       s.compact();  // the tables that the checkpoints hold go from here
       s.close();
     }},
    {"other options at every open", "none",
     [](Session& s) {
       const Overrides lives[] = {
           {{"compression", "none"}, {"memtable_bytes", "1024"}},
           {{"fanout", "2"}, {"level_sizing", "static"}, {"block_bytes", "4096"}},
           {{"memtable_bytes", "8192"}, {"l0_trigger_runs", "1"}, {"filter_bits_per_key", "0"}},
           {{"level_count", "3"}, {"layout", "leveled"}, {"sync", "every(2)"}},
           {{"layout", "lazy_leveled"}},
           {{"layout", "tiered"}, {"max_runs", "3"}},
           {{"picker", "min_overlapping_ratio"}, {"restart_interval", "1"}},
           {{"compression_dictionary_bytes", "512"}, {"l0_merged_runs", "3"}},
       };
       std::mt19937_64 random(11);
       for (const Overrides& overrides : lives) {
         s.open(overrides);
         put_some(s, random, 25, 30, 70);
         s.look();
         s.close();
       }
     }},
    {"a MANIFEST that grows until it is written anew", "none",
     [](Session& s) {
       s.open({{"layout", "leveled"}, {"l0_trigger_runs", "100"}, {"base_bytes", "100000000"}});
       // The bounds of each table, and so each edit, are as long as its keys.
       const auto grow = [&](uint64_t puts) {
         for (uint64_t i = 0; i < puts; ++i) {
           s.put(numbered("k", i % 2) + std::string(60'000, 'k'), numbered("value", i));
         }
       };
       grow(8);
       s.expect([&](Db&) { return read_manifest(s.disk(), "/db").number == LogNumber{1}; });
       s.begin_here();
       grow(2);
       s.expect([&](Db&) { return read_manifest(s.disk(), "/db").number > LogNumber{1}; });
       s.close();
     }},
    {"a typed codec set between writes", "every(2)",
     [](Session& s) {
       s.open();
       for (uint64_t i = 0; i < 8; ++i) s.put(numbered("k", i), "before");
       s.set_typed_codec("key: u64, value: f32[4]");
       for (uint64_t i = 0; i < 40; ++i) s.put(numbered("k", i % 9), std::string(60, 'i'));
       s.set_typed_codec("key: u64, value: f32[4]");  // the same: nothing to do
       s.close();
       s.open();
       s.put("k", "later");
     }},
    {"a memory budget that every put meets", "every(4)",
     [](Session& s) {
       // Less than the buffers of the jobs: room for little more than one memtable's first arena.
       s.open({{"memory_bytes", "8388608"}});
       std::mt19937_64 random(16);
       put_some(s, random, 20, 12, 60);
       s.expect([](Db& db) { return db.stats().stall_count > 10; });
       s.close();
     }},
    {"keys in order: tables move down as they are", "none",
     [](Session& s) {
       s.open({{"level_sizing", "static"}});
       for (uint64_t i = 100; i < 220; ++i) s.put(numbered("k", i), std::string(70, 'j'));
       s.expect([](Db& db) { return db.stats().counters.trivial_move_count >= 2; });
       for (uint64_t i = 100; i < 220; i += 3) s.remove(numbered("k", i));
       s.compact();
       s.look();
     }},
    {"destroyed at last", "always",
     [](Session& s) {
       s.open();
       std::mt19937_64 random(12);
       put_some(s, random, 45, 15, 60);
       s.destroy();
     }},
    {"killed again and again, with writes between", "every(3)",
     [](Session& s) {
       std::mt19937_64 random(13);
       for (uint64_t life = 0; life < 4; ++life) {
         s.open();
         put_some(s, random, 11 + 9 * life, 20, 60);
         if (life == 1) s.flush();
         if (life < 3) s.kill();
       }
     }},
    {"power lost again and again, with writes between", "hybrid(3, 2)",
     [](Session& s) {
       std::mt19937_64 random(14);
       const Damage losses[] = {{ContentSurvival::kPages, NameSurvival::kSubset},
                                {ContentSurvival::kPrefix, NameSurvival::kPrefix},
                                {ContentSurvival::kSectors, NameSurvival::kAll}};
       for (uint64_t life = 0; life < 4; ++life) {
         s.open();
         put_some(s, random, 26, 20, 60);
         if (life < 3) s.lose_power(losses[life], life);
       }
     }},
};

}  // namespace lsmkit::test
