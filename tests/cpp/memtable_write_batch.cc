// What a batch collects comes back from its bytes, and hostile bytes raise.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/memtable/memtable.h"
#include "lsmkit/memtable/write_batch.h"

using namespace lsmkit;

TEST_CASE("a memtable and a batch hold what is put in") {
  Memtable m;
  m.insert({"a", 1, Kind::kPut, "x"});
  m.insert({"a", 2, Kind::kDelete, ""});
  CHECK(m.get("a", 1)->value == "x");
  CHECK(m.get("a", 9)->kind == Kind::kDelete);
  MemtableCursor c = m.cursor();
  c.seek_to_first();
  CHECK(c.seqno() == 2);
  c.next();
  CHECK(c.seqno() == 1);
  c.prev();
  CHECK(c.seqno() == 2);
  WriteBatch b;
  b.put("k", "v");
  b.remove("z");
  char head[kMaxBatchHeaderBytes];
  std::string rec(head, encode_batch_header(head, {7, 2, 0}));
  rec += b.ops();
  auto d = decode_batch(rec);
  CHECK(d.header.seqno == 7);
  CHECK(d.header.op_count == 2);
}
