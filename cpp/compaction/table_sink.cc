#include "lsmkit/compaction/table_sink.h"

#include <stdexcept>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/vfs/clock.h"

namespace lsmkit {
namespace {

OutputContext with_filter_bits(OutputContext context, double bits_per_key) {
  context.table.filter_bits_per_key = bits_per_key;
  return context;
}

}  // namespace

TableSink::TableSink(const MergeRules& rules, OutputContext context)
    : context_(with_filter_bits(std::move(context), rules.filter_bits_per_key)) {}

TableSink::~TableSink() {
  builder_.reset();
  file_.reset();
  for (const std::string& path : paths_) {
    try {
      context_.files->remove(path);
    } catch (const IoError&) {
      // No version names it: the next open removes it.
    }
  }
}

void TableSink::begin_table(TableNumber number) {
  const std::string path = context_.path_of(number);
  file_ = context_.files->create(path, AppendMode::kTable, 0);
  paths_.push_back(path);
  table_id_ = random_u64();
  builder_ = std::make_unique<TableBuilder>(*file_, table_id_, context_.database_id,
                                            context_.created_us, context_.table);
}

void TableSink::add(const Entry& entry) {
  builder_->add(entry);
  if (entries_until_poll_-- > 0) return;
  entries_until_poll_ = kEntriesPerPoll;
  if (context_.poll) context_.poll(kEntriesPerPoll);
}

void TableSink::end_table(TableMeta meta) {
  const BuiltTable summary = builder_->finish();
  // Two who counted the same entries: the rules, and whoever wrote them.
  if (summary.entry_count != meta.entry_count || summary.weight != meta.weight) {
    throw std::logic_error(
        file_->path() + ": the merge counted " + std::to_string(meta.entry_count) +
        " entries of weight " + std::to_string(meta.weight) + ", the table holds " +
        std::to_string(summary.entry_count) + " of " + std::to_string(summary.weight));
  }
  // Against a power loss after the edit that names this table, and after its inputs or its log
  // have been removed.
  file_->sync();
  meta.id = table_id_;
  meta.file_bytes = file_->size();
  meta.created_us = context_.created_us;
  meta.codec = summary.codec == TableCodec::kZstd ? Codec::kZstd : Codec::kNone;
  file_->close();
  builder_.reset();
  file_.reset();
  tables_.push_back(std::make_shared<const TableMeta>(std::move(meta)));
}

std::vector<TableRef> TableSink::release() {
  paths_.clear();
  return std::move(tables_);
}

}  // namespace lsmkit
