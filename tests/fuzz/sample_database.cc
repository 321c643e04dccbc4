// Writes the sample database.
#include "sample_database.h"

namespace lsmkit::fuzz {
namespace {

constexpr int kFlushed = 60;
constexpr int kLate = 6;

Options sample_options() {
  Options o;
  o.sync = {0, 0};
  o.memtable_bytes = 2 << 10;
  o.table_bytes = 1 << 10;
  o.base_bytes = 2 << 10;
  o.fanout = 3;
  o.block_bytes = 256;
  o.compression_levels = {0, 1};  // raw and compressed blocks
  o.cache_bytes = 64 << 10;
  o.memory_bytes = 8 << 20;
  o.background = "inline";
  return o;
}

SampleDatabase make() {
  MemoryFileSystem files;
  SampleDatabase out;
  OpenRequest request;
  request.path = "/db";
  request.options = sample_options();
  request.environment.files = &files;
  Contents now;
  out.states.push_back(now);
  {
    const auto db = Db::open(request);
    for (int i = 0; i < kFlushed; ++i) {
      const std::string key = "key" + std::to_string(i * 37 % 30);
      if (i % 7 == 0) {
        db->remove(key);
        now.erase(key);
      } else {
        db->put(key, now[key] = "value " + std::to_string(i) +
                                std::string(30, static_cast<char>('a' + i % 3)));
      }
      out.states.push_back(now);
    }
    db->close();
  }
  const auto db = Db::open(request);
  db->set_typed_codec("str,bytes");
  for (int i = 0; i < kLate; ++i) {
    WriteBatch batch;
    for (int j = 0; j < 3; ++j) {
      const std::string key = "late" + std::to_string(i * 3 + j);
      batch.put(key, now[key] = std::string(20, static_cast<char>('p' + i)));
    }
    batch.remove("key" + std::to_string(i * 4));
    now.erase("key" + std::to_string(i * 4));
    db->write(batch);
    out.states.push_back(now);
  }
  out.flushed_commits = kFlushed;
  out.version = db->tree().version;
  for (const std::string& name : files.list("/db")) {
    if (name == "LOCK") continue;
    out.files[name] = files.contents("/db/" + name);
    out.names.push_back(name);
    if (name.ends_with(".log")) out.last_log = name;
  }
  return out;
}

}  // namespace

const SampleDatabase& sample_database() {
  static const SampleDatabase made = make();
  return made;
}

OpenRequest open_request(MemoryFileSystem& files, bool read_only) {
  OpenRequest request;
  request.path = "/db";
  request.overrides = {{"background", "inline"},
                       {"cache_bytes", std::to_string(64 << 10)},
                       {"memory_bytes", std::to_string(8 << 20)}};
  request.read_only = read_only;
  request.environment.files = &files;
  return request;
}

}  // namespace lsmkit::fuzz
