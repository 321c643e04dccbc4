#include "arguments.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <functional>

#include "stores.h"
#include "workloads.h"

namespace lsmkit::bench {
namespace {

constexpr unsigned kMostThreads = 64;

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

uint64_t number(const std::string& name, const std::string& text, uint64_t least, uint64_t most) {
  errno = 0;
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  const unsigned long long value = digits ? std::strtoull(text.c_str(), nullptr, 10) : 0;
  if (!digits || errno != 0 || value < least || value > most) {
    throw UsageError(name + ": found '" + text + "', due is a number from " +
                     std::to_string(least) + " to " + std::to_string(most));
  }
  return value;
}

std::vector<std::string> parts_of(const std::string& name, const std::string& text) {
  std::vector<std::string> out;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t comma = std::min(text.find(',', begin), text.size());
    out.push_back(text.substr(begin, comma - begin));
    begin = comma + 1;
    if (std::count(out.begin(), out.end(), out.back()) > 1) {
      throw UsageError(name + ": '" + out.back() + "' is named twice");
    }
  }
  return out;
}

std::vector<std::string> names(const std::string& name, const std::string& text,
                               const std::vector<std::string>& known) {
  std::vector<std::string> out = parts_of(name, text);
  for (const std::string& part : out) {
    if (std::find(known.begin(), known.end(), part) == known.end()) {
      throw UsageError(name + ": '" + part + "' is not known; known are " + joined(known));
    }
  }
  return out;
}

struct Option {
  std::string name, argument, text;
  std::function<void(Settings&, const std::string&)> set;
};

const std::vector<Option>& options() {
  static const std::vector<Option> all{
      {"--num", "N", "entries, and operations of each workload (1000000)",
       [](Settings& s, const std::string& t) { s.num = number("--num", t, 100, 100'000'000); }},
      {"--rounds", "N", "rounds, of which medians are taken (3)",
       [](Settings& s, const std::string& t) {
         s.rounds = static_cast<int>(number("--rounds", t, 1, 1000));
       }},
      {"--value-size", "BYTES", "of a value, half of it random; keys have 16 (100)",
       [](Settings& s, const std::string& t) {
         s.value_bytes = number("--value-size", t, 1, 1 << 20);
       }},
      {"--threads", "N[,N...]", "share operations among so many; not all workloads do (1)",
       [](Settings& s, const std::string& t) {
         s.threads.clear();
         for (const std::string& part : parts_of("--threads", t)) {
           s.threads.push_back(static_cast<unsigned>(number("--threads", part, 1, kMostThreads)));
         }
       }},
      {"--workloads", "NAMES", "with commas between (all): " + joined(workload_names()),
       [](Settings& s, const std::string& t) {
         s.workloads = names("--workloads", t, workload_names());
       }},
      {"--stores", "NAMES",
       "with commas between (all that were built in): " + joined(known_stores()),
       [](Settings& s, const std::string& t) { s.stores = names("--stores", t, known_stores()); }},
      {"--cache-mb", "MB", "of block cache (256)",
       [](Settings& s, const std::string& t) {
         s.cache_bytes = number("--cache-mb", t, 1, 1 << 20) << 20;
       }},
      {"--compression", "none|zstd", "zstd below L1; LevelDB then has Snappy, LMDB nothing (none)",
       [](Settings& s, const std::string& t) {
         if (t != "none" && t != "zstd") {
           throw UsageError("--compression: found '" + t + "', due is none or zstd");
         }
         s.compression = t == "zstd";
       }},
      {"--set", "OPTION=VALUE", "an option of lsmkit's; may be given again",
       [](Settings& s, const std::string& t) {
         const size_t equals = t.find('=');
         if (equals == std::string::npos) {
           throw UsageError("--set: found '" + t + "', due is OPTION=VALUE");
         }
         s.lsmkit_options.emplace_back(t.substr(0, equals), t.substr(equals + 1));
       }},
      {"--throttle", "NAME|MIB",
       "throttled: gp3 (125 MiB/s), slow (30), narrow (10), or a number (slow)",
       [](Settings& s, const std::string& t) {
         const auto named = named_device_bytes_per_s(t);
         s.throttle = t;
         s.throttle_bytes_per_s = named ? *named : number("--throttle", t, 1, 100'000) << 20;
       }},
      {"--seconds", "N", "throttled: how long it overwrites (20)",
       [](Settings& s, const std::string& t) { s.seconds = number("--seconds", t, 1, 100'000); }},
      {"--flows", "NAMES", "throttled: lsmkit's rules, a row each: smooth, rocksdb (both)",
       [](Settings& s, const std::string& t) {
         s.flows = names("--flows", t, {"smooth", "rocksdb"});
       }},
      {"--tree-mb", "MB", "throttled: of a memtable and of a table; the base level has four (4)",
       [](Settings& s, const std::string& t) {
         s.small_tree_bytes = number("--tree-mb", t, 1, 1024) << 20;
       }},
      {"--seed", "N", "of keys and values (1)",
       [](Settings& s, const std::string& t) { s.seed = number("--seed", t, 0, 1'000'000); }},
      {"--dir", "DIR", "write into a fresh directory in DIR, deleted at the end (.)",
       [](Settings& s, const std::string& t) { s.dir = t; }},
      {"--json", "FILE", "write everything there, every sample too",
       [](Settings& s, const std::string& t) { s.json = t; }},
  };
  return all;
}

}  // namespace

Settings settings_from(const std::vector<std::string>& arguments) {
  Settings settings;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      settings.help = true;
      return settings;
    }
    const size_t equals = std::min(argument.find('='), argument.size());
    const std::string name = argument.substr(0, equals);
    const auto option = std::find_if(options().begin(), options().end(),
                                     [&](const Option& o) { return o.name == name; });
    if (option == options().end()) throw UsageError("unknown argument '" + argument + "'");
    if (equals < argument.size()) {
      option->set(settings, argument.substr(equals + 1));
    } else if (i + 1 < arguments.size()) {
      option->set(settings, arguments[++i]);
    } else {
      throw UsageError(name + ": " + option->argument + " is due after it");
    }
  }
  if (settings.stores.empty()) settings.stores = known_stores();
  if (settings.workloads.empty()) settings.workloads = workload_names();
  return settings;
}

std::string help_text() {
  std::string out =
      "Measures lsmkit beside RocksDB, LevelDB and LMDB: the same keys, in the same order.\n\n"
      "  db_bench [--num N] [--threads 1,2,4] [--workloads NAMES] ...\n\n";
  for (const Option& option : options()) {
    std::string left = "  " + option.name + " " + option.argument;
    left.resize(std::max<size_t>(left.size() + 1, 26), ' ');
    out += left + option.text + "\n";
  }
  return out + "  --help                  this\n";
}

}  // namespace lsmkit::bench
