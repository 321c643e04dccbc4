// A commit as it stands in the log.
#include "fuzz_target.h"
#include "lsmkit/memtable/memtable.h"
#include "lsmkit/memtable/write_batch.h"

namespace lsmkit::fuzz {

// The memtable takes its memory in pieces, of which the first is no matter of the input.
const Target kTarget{"batch", 60'000, 2 << 20, 256};

namespace {

std::string record_of(const BatchHeader& header, std::string_view ops) {
  char head[kMaxBatchHeaderBytes];
  return std::string(head, encode_batch_header(head, header)).append(ops);
}

}  // namespace

std::vector<std::string> seeds() {
  WriteBatch batch;
  batch.put("apple", "red");
  batch.remove("pear");
  batch.put("", "");
  batch.put(std::string(200, 'k'), std::string(300, 'v'));
  WriteBatch single;
  single.put("a", "b");
  return {record_of({300, 4, 0}, batch.ops()), record_of({kMaxSeqno, 1, 0}, single.ops())};
}

void run_one(std::string_view bytes) {
  DecodedBatch decoded;
  if (!succeeds([&] { decoded = decode_batch(bytes); })) return;
  WriteBatch again;
  uint64_t op_count = 0;
  decoded.for_each([&](Kind kind, std::string_view key, std::string_view value) {
    ++op_count;
    if (kind == Kind::kPut) {
      again.put(key, value);
    } else {
      again.remove(key);
    }
  });
  require(op_count == decoded.header.op_count, "a batch holds as many ops as it says");
  require(again.op_count() == op_count, "a batch can be written again");
  const std::string record = record_of(decoded.header, again.ops());
  require(record.size() <= bytes.size(), "what is written again is no longer");
  const DecodedBatch twice = decode_batch(record);
  require(twice.header.seqno == decoded.header.seqno && twice.ops == again.ops(),
          "a batch reads back as written");

  Memtable memtable;
  decoded.for_each([&](Kind kind, std::string_view key, std::string_view value) {
    memtable.insert({key, decoded.header.seqno, kind, value});
  });
  size_t entries = 0;
  auto cursor = memtable.cursor();
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) ++entries;
  require(entries <= op_count && (entries > 0) == (op_count > 0), "one entry per key of a batch");
}

}  // namespace lsmkit::fuzz
