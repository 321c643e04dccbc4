// Where merge_tables puts its output: real table files.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lsmkit/rules/merge_rules.h"
#include "lsmkit/sst/table_builder.h"
#include "lsmkit/version/table_meta.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

inline constexpr uint64_t kEntriesPerPoll = 4096;

// What a table file needs beside its entries.
struct OutputContext {
  FileSystem* files = nullptr;
  std::function<std::string(TableNumber)> path_of;
  uint64_t database_id = 0;
  uint64_t created_us = 0;
  TableOptions table;  // its filter bits are the rules' to say
  // Called every kEntriesPerPoll entries and while nothing is written but waited for, with the
  // number of entries since the last call; a throw ends the job.
  std::function<void(uint64_t entry_count)> poll;
};

class TableSink {
 public:
  TableSink(const MergeRules& rules, OutputContext context);
  ~TableSink();  // Removes the files, unless release() has handed them over.
  TableSink(const TableSink&) = delete;
  TableSink& operator=(const TableSink&) = delete;

  // The Sink of merge_tables.
  void begin_table(TableNumber number);
  void add(const Entry& entry);
  void end_table(TableMeta meta);

  // The tables written, in key order; each is synced. Their names become durable with the next sync
  // of the directory, which is the caller's.
  std::vector<TableRef> release();

 private:
  const OutputContext context_;
  std::vector<std::string> paths_;
  std::vector<TableRef> tables_;
  std::unique_ptr<AppendFile> file_;
  std::unique_ptr<TableBuilder> builder_;
  uint64_t table_id_ = 0;
  uint64_t entries_until_poll_ = 0;
};

}  // namespace lsmkit
