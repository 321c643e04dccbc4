// Opens what a crash has left of a session, and holds it against what must be there.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/directory.h"
#include "lsmkit/vfs/crash_damage.h"
#include "support/crash_session.h"

namespace lsmkit::test {

// What may stand after a crash: the contents after some prefix of the commits that is not shorter
// than `least`, nor longer than what had been written by then.
struct Due {
  const Life& life;
  const Moment& before;
  const Moment& after;
  Seqno least;

  bool allows(Seqno seqno, const Contents& found) const {
    if (seqno < least) return false;
    if (seqno <= after.published) {
      return seqno < life.states.size() && found == life.states[seqno];
    }
    const auto is_doubt = [&](const Moment& m) {
      return seqno == m.published + 1 && m.doubt == found;
    };
    return is_doubt(before) || is_doubt(after);
  }
};

inline bool is_process_kill(const Damage& damage) {
  return damage.names == NameSurvival::kAll && (damage.content == ContentSurvival::kAll ||
                                                damage.content == ContentSurvival::kAllThenZeros);
}

inline Due due_after(const Life& life, uint64_t operations, const Damage& damage) {
  const Moment& before = life.before(operations);
  return {life, before, life.after(operations),
          is_process_kill(damage) ? before.written : before.durable};
}

inline void check_tidy(FileSystem& disk, Db& db) {
  uint64_t tables = 0;
  for (const std::string& name : disk.list("/db")) {
    tables += name.ends_with(".table");
    const bool expected = name == "LOCK" || name == "MANIFEST" || name.ends_with(".log") ||
                          name.ends_with(".table") || name.ends_with(".events");
    REQUIRE_MESSAGE(expected, name);
  }
  REQUIRE(tables == db.stats().table_count);
}

// It opens, and goes on working. Returns the seqno that it showed.
inline Seqno check_goes_on(MemoryFileSystem& disk, const std::string& sync,
                           const std::function<bool(Db&)>& is_right) {
  ManualClock clock{2'000'000};
  const OpenRequest request = small_request(disk, clock, sync);
  const auto db = Db::open(request);
  const Seqno seen = db->last_seqno();
  REQUIRE(is_right(*db));
  Contents model = contents_of(*db);
  for (int i = 0; i < 12; ++i) {
    const std::string key = "after" + std::to_string(i % 7);
    db->put(key, model[key] = std::string(100 + static_cast<size_t>(i), 'x'));
  }
  db->compact_range(std::nullopt, std::nullopt);
  REQUIRE(contents_of(*db) == model);
  db->close();
  const auto again = Db::open(request);
  REQUIRE(again->open_report().torn_tail.empty());
  REQUIRE(contents_of(*again) == model);
  again->verify();
  check_tidy(disk, *again);
  return seen;
}

// Whoever destroys a database has given it up. What is left of it opens with all that it held or
// with nothing, or the error says what is missing; and destroying it again ends the matter.
inline void check_destroyed(MemoryFileSystem& image, const Due& due, const std::string& sync) {
  ManualClock clock{2'000'000};
  try {
    const auto db = Db::open(small_request(image, clock, sync));
    const Seqno seen = db->last_seqno();
    const bool is_new = db->open_report().created && contents_of(*db).empty();
    REQUIRE((is_new || due.allows(seen, contents_of(*db))));
  } catch (const CorruptionError& error) {
    const std::string text = error.what();
    REQUIRE_MESSAGE(text.find("missing") != std::string::npos, text);
  }
  if (image.exists("/db")) destroy("/db", {&image, &clock});
  // What may stay has a name of ours and does not begin as our files do.
  if (image.exists("/db")) REQUIRE(owned_files(image, "/db").empty());
  check_goes_on(image, sync, [](Db& db) { return contents_of(db).empty(); });
}

// A checkpoint stands whole as soon as it was acknowledged. Before that it stands whole or is
// refused, by the lack of a MANIFEST; one that failed may have lost files on its way out, too.
inline void check_copy(MemoryFileSystem& image, const Copy& copy, uint64_t operations,
                       const std::string& sync) {
  ManualClock clock{2'000'000};
  OpenRequest look = small_request(image, clock, sync);
  look.path = copy.path;
  look.read_only = true;
  const bool due = copy.done_after && operations >= *copy.done_after;
  std::shared_ptr<Db> db;
  try {
    db = Db::open(look);
  } catch (const InvalidArgument&) {
    REQUIRE(!image.exists(copy.path + "/MANIFEST"));
    REQUIRE(!due);
  } catch (const CorruptionError&) {
    REQUIRE(copy.raised);
  }
  if (!db) return;
  REQUIRE(contents_of(*db) == copy.contents);
  db->verify();
  db->close();
  look.read_only = false;
  const auto writer = Db::open(look);
  writer->put("goes", "its own way");
  Contents model = copy.contents;
  model["goes"] = "its own way";
  REQUIRE(contents_of(*writer) == model);
}

inline void check_image(MemoryFileSystem& image, const Session& session, const Due& due) {
  if (due.after.destroying) return check_destroyed(image, due, session.sync_mode());
  ManualClock clock{2'000'000};
  Seqno looked = 0;
  // A crash before the database was made leaves nothing to look at.
  if (image.exists("/db/MANIFEST")) {
    OpenRequest look = small_request(image, clock, session.sync_mode());
    look.read_only = true;
    const uint64_t operations = image.operation_count();
    const auto db = Db::open(look);
    looked = db->last_seqno();
    REQUIRE(due.allows(looked, contents_of(*db)));
    REQUIRE(image.operation_count() == operations);
  }
  const Seqno opened = check_goes_on(image, session.sync_mode(), [&](Db& db) {
    const std::string codec = db.typed_codec().value_or("");
    const bool may_be = due.before.codec.empty() && codec == due.after.codec_asked;
    REQUIRE((codec == due.before.codec || may_be));
    return due.allows(db.last_seqno(), contents_of(db));
  });
  REQUIRE(opened == looked);
}

// The disk of `life` after a crash, and its checkpoints.
inline void check_crash(const Session& session, const Life& life, uint64_t operations,
                        const Damage& damage, uint64_t seed) {
  const auto image = life.disk->crash_image(operations, damage, seed);
  check_image(*image, session, due_after(life, operations, damage));
  for (const Copy& copy : life.copies) check_copy(*image, copy, operations, session.sync_mode());
}

}  // namespace lsmkit::test
