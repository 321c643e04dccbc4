// Scans: a range in batches of columns, to Python or as an Arrow stream.
#include <memory>

#include "arrow_capsules.h"
#include "arrow_out.h"
#include "bindings.h"
#include "child.h"
#include "db_argument.h"
#include "object.h"
#include "turn.h"

namespace lsmkit {

namespace {

constexpr size_t kRowsPerPoll = 1024;

struct ScanRequest {
  bool reverse = false;
  uint64_t limit = UINT64_MAX;
  size_t batch_rows = 0;
  size_t batch_bytes = 0;
  size_t strip_bytes = 0;  // taken off the front of each key
};

struct ScanBatch {
  BinaryColumn keys;
  BinaryColumn values;
  size_t bytes() const { return keys.data.size() + values.data.size(); }
};

// Goes through a range once. Of its owner's threads one at a time.
class Scanner {
 public:
  Scanner(PyObject* db, const CursorOptions& range, SnapshotRef snapshot, ScanRequest request)
      : request_(request) {
    child_.open(db, range, std::move(snapshot));
  }
  // Requires: the GIL.
  ~Scanner() {
    child_.release();
    Py_CLEAR(child_.db);
  }
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;

  // The next batch, null at the end. Without the GIL.
  std::shared_ptr<ScanBatch> next(const Poll& poll) {
    if (ended_) return nullptr;
    DbCursor& cursor = child_.live("scan");
    auto batch = std::make_shared<ScanBatch>();
    step(cursor);
    while (cursor.valid() && given_ < request_.limit) {
      batch->keys.add(cursor.key().substr(request_.strip_bytes));
      batch->values.add(cursor.value());
      ++given_;
      if (batch->keys.rows >= request_.batch_rows || batch->bytes() >= request_.batch_bytes)
        return batch;
      if (batch->keys.rows % kRowsPerPoll == 0) poll({.done = given_, .total = 0});
      step(cursor);
    }
    ended_ = true;
    return batch->keys.rows > 0 ? batch : nullptr;
  }

  bool& in_use() { return child_.in_use; }

 private:
  void step(DbCursor& cursor) {
    if (!started_) {
      started_ = true;
      request_.reverse ? cursor.seek_to_last() : cursor.seek_to_first();
    } else {
      request_.reverse ? cursor.prev() : cursor.next();
    }
  }

  Child child_;
  const ScanRequest request_;
  uint64_t given_ = 0;
  bool started_ = false;
  bool ended_ = false;
};

std::shared_ptr<Scanner> make_scanner(DbArgument db, const py::object& start,
                                      const py::object& stop, bool include_start, bool include_stop,
                                      const py::object& prefix, const py::object& snapshot,
                                      bool reverse, uint64_t limit, size_t batch_rows,
                                      size_t batch_bytes, size_t strip_bytes) {
  const RangeArguments range{.start = start.ptr(),
                             .stop = stop.ptr(),
                             .include_start = include_start,
                             .include_stop = include_stop,
                             .prefix = prefix.ptr()};
  const size_t prefix_bytes = key_or_none(prefix.ptr()).value_or("").size();
  ensure(strip_bytes <= prefix_bytes, "no more is taken off keys than the prefix of all of them");
  auto* const scanner =
      new Scanner(db.object(), range.resolve(), snapshot_of(snapshot.ptr(), db.object()),
                  {.reverse = reverse,
                   .limit = limit,
                   .batch_rows = batch_rows,
                   .batch_bytes = batch_bytes,
                   .strip_bytes = strip_bytes});
  return {scanner, [](Scanner* last) { with_gil([&] { delete last; }); }};
}

py::object next_batch(Scanner& scanner) {
  const Turn turn(scanner.in_use(), "this scan");
  std::shared_ptr<ScanBatch> batch;
  long_call(py::none(), [&](const Poll& poll) { batch = scanner.next(poll); });
  if (!batch) return py::none();
  const auto view = [&](const GrowingBytes& part) {
    return view_of({part.data(), part.size()}, batch);
  };
  return py::make_tuple(view(batch->keys.offsets), view(batch->keys.data),
                        view(batch->values.offsets), view(batch->values.data));
}

ArrowColumn arrow_column(const BinaryColumn& column, const std::shared_ptr<ScanBatch>& owner) {
  ArrowColumn exported;
  exported.rows = static_cast<int64_t>(column.rows);
  exported.buffers = {nullptr, column.offsets.data(), column.data.data()};
  exported.owner = owner;
  return exported;
}

py::object arrow_stream(std::shared_ptr<Scanner> scanner) {
  NextBatch next = [scanner = std::move(scanner)]() -> std::optional<ArrowColumn> {
    const auto batch = scanner->next([](const Progress&) {});
    if (!batch) return std::nullopt;
    ArrowColumn rows;
    rows.rows = static_cast<int64_t>(batch->keys.rows);
    rows.buffers = {nullptr};
    rows.children = {arrow_column(batch->keys, batch), arrow_column(batch->values, batch)};
    return rows;
  };
  ArrowType type{.format = "+s", .name = "", .children = {}};
  for (const char* const name : {"key", "value"})
    type.children.push_back({.format = "Z", .name = name, .children = {}});
  return make_capsule<ArrowArrayStream>(
      [&](ArrowArrayStream* out) { export_stream(std::move(type), std::move(next), out); });
}

}  // namespace

void register_scan(py::module_& m) {
  const auto plain = py::metaclass(reinterpret_cast<PyObject*>(&PyType_Type));
  const auto none = py::none();
  py::class_<Scanner, std::shared_ptr<Scanner>>(m, "Scanner", plain, "Goes through a range once.")
      .def(py::init(&make_scanner), py::arg("db"), py::kw_only(), py::arg("start") = none,
           py::arg("stop") = none, py::arg("include_start") = true, py::arg("include_stop") = false,
           py::arg("prefix") = none, py::arg("snapshot") = none, py::arg("reverse") = false,
           py::arg("limit") = UINT64_MAX, py::arg("batch_rows"), py::arg("batch_bytes"),
           py::arg("strip_bytes") = 0)
      .def("next", next_batch,
           "Offsets and data of the next rows' keys, and of their values; None: the end.");
  m.def("arrow_stream", arrow_stream, py::arg("scanner"),
        "Arrow's capsule of a stream of the batches that are left.");
}

}  // namespace lsmkit
