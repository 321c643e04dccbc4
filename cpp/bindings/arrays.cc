// Many keys in one call: columns of bytes in, columns of bytes out.
#include <algorithm>
#include <functional>

#include "arrow_capsules.h"
#include "bindings.h"
#include "db_argument.h"
#include "gil.h"
#include "look_up.h"
#include "lsmkit/bytes/error.h"
#include "lsmkit/bytes/key.h"
#include "memory_type.h"
#include "object.h"
#include "rows.h"
#include "sorted_keys.h"
#include "turn.h"

namespace lsmkit {

namespace {

constexpr size_t kRowsAhead = 12;  // that memory is asked for

Role role_of(bool keys) {
  return keys ? Role::kKey : Role::kValue;
}

// -- Writing ------------------------------------------------------------------------------------

// Rows in the order of keys lie here and there: their memory is asked for ahead.
void prefetch(std::string_view row) {
  __builtin_prefetch(row.data());
  if (row.size() > 64) __builtin_prefetch(row.data() + 64);
}

// One commit of as many of `count` rows as weigh `max_bytes`; how many it took. Without values they
// are deleted. In the order of keys: within a commit nobody sees another.
size_t write_rows(DbArgument db, const Rows& keys, size_t key, const Rows* values, size_t value,
                  size_t count, size_t max_bytes, bool sync, const py::object& progress) {
  ensure(key + count <= keys.count() && (!values || value + count <= values->count()),
         "no such rows");
  const auto value_of = [&](size_t row) {
    return values ? values->row(value + row) : std::string_view();
  };
  size_t rows = 0;
  const auto write = [&](const Poll& poll) {
    uint64_t bytes = 0;
    for (; rows < count && bytes < max_bytes; ++rows)
      bytes += weight_of(keys.row(key + rows).size(), value_of(rows).size());
    const SortedKeys sorted(keys, key, rows);
    WriteBatch batch;
    batch.reserve(rows, bytes);
    for (size_t rank = 0; rank < sorted.count(); ++rank) {
      if (rank + kRowsAhead < rows) prefetch(value_of(sorted.row(rank + kRowsAhead)));
      const size_t row = sorted.row(rank);
      values ? batch.put(sorted.key(row), value_of(row)) : batch.remove(sorted.key(row));
    }
    db->write(batch, {.sync = sync, .poll = &poll});
  };
  long_call(progress, write, /*tells_end=*/false);  // who counts rows must hear of these
  return rows;
}

// What becomes one commit, however large, is collected in a batch.
void add_puts(const py::object& batch, const Rows& keys, size_t key, const Rows& values,
              size_t value, size_t count) {
  ensure(key + count <= keys.count() && value + count <= values.count(), "no such rows");
  const BatchAccess access = batch_of(batch.ptr());
  const Turn turn(access.in_use, "this batch");
  without_gil([&] {
    for (size_t row = 0; row < count; ++row)
      access.batch.put(keys.row(key + row), values.row(value + row));
  });
}

void add_deletes(const py::object& batch, const Rows& keys) {
  const BatchAccess access = batch_of(batch.ptr());
  const Turn turn(access.in_use, "this batch");
  without_gil([&] {
    for (size_t row = 0; row < keys.count(); ++row) access.batch.remove(keys.row(row));
  });
}

// -- Reading ------------------------------------------------------------------------------------

// take(stretches) for rows one after the other, of one moment, without the GIL.
void look_up(DbArgument db, const Rows& keys, const py::object& snapshot_object,
             const py::object& progress, size_t threads, bool with_values,
             const std::function<void(std::vector<FoundRows>&)>& take) {
  SnapshotRef snapshot = snapshot_of(snapshot_object.ptr(), db.object());
  long_call(progress, [&](const Poll& poll) {
    if (!snapshot) snapshot = db->snapshot();
    LookUp(*db, keys, *snapshot, threads).run(with_values, poll, take);
    snapshot.reset();
  });
}

// A bit per row, lowest first.
class Bits {
 public:
  explicit Bits(size_t count) : bits_((count + 7) / 8) {}
  void set(size_t row) { bits_[row / 8] |= static_cast<uint8_t>(1 << (row % 8)); }
  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(bits_.data()), bits_.size()};
  }

 private:
  std::vector<uint8_t> bits_;
};

// Appends what was found: first where each value ends, then the values, stretch beside stretch.
void append(BinaryColumn& column, const std::vector<FoundRows>& stretches) {
  std::vector<uint64_t> begins;
  uint64_t end = column.data.size();
  for (const FoundRows& found : stretches) {
    begins.push_back(end);
    for (size_t row = 0; row < found.count(); ++row) {
      end += found.size_of(row);
      column.offsets.append_number(static_cast<int64_t>(end));
    }
    column.rows += found.count();
  }
  char* const data = column.data.extend(end - column.data.size()) - begins.front();
  side_by_side(stretches.size(),
               [&](size_t part) { stretches[part].copy_values(data + begins[part]); });
}

py::tuple get_rows(DbArgument db, const Rows& keys, const py::object& snapshot,
                   const py::object& progress, size_t threads) {
  auto column = std::make_shared<BinaryColumn>();
  auto valid = std::make_shared<Bits>(keys.count());
  column->offsets.reserve((keys.count() + 1) * sizeof(int64_t));
  look_up(db, keys, snapshot, progress, threads, true, [&](std::vector<FoundRows>& stretches) {
    append(*column, stretches);
    for (const FoundRows& found : stretches) {
      for (size_t row = 0; row < found.count(); ++row) {
        if (found.has(row)) valid->set(found.first() + row);
      }
    }
  });
  const auto view = [&](const GrowingBytes& part) {
    return view_of({part.data(), part.size()}, column);
  };
  return py::make_tuple(view(column->offsets), view(column->data), view_of(valid->bytes(), valid));
}

py::object contains_rows(DbArgument db, const Rows& keys, const py::object& snapshot,
                         const py::object& progress, size_t threads) {
  auto found_rows = std::make_shared<std::vector<uint8_t>>(keys.count());
  look_up(db, keys, snapshot, progress, threads, false, [&](std::vector<FoundRows>& stretches) {
    for (const FoundRows& found : stretches) {
      for (size_t row = 0; row < found.count(); ++row)
        (*found_rows)[found.first() + row] = found.has(row);
    }
  });
  return view_of({reinterpret_cast<const char*>(found_rows->data()), found_rows->size()},
                 found_rows);
}

py::object get_view(DbArgument db_argument, const py::object& key_object,
                    const py::object& snapshot_object) {
  Db& db = *db_argument;
  const SnapshotRef snapshot = snapshot_of(snapshot_object.ptr(), db_argument.object());
  BytesArgument key(key_object.ptr(), Role::kKey);
  key.settle();
  auto value = std::make_shared<PinnedValue>();
  if (!without_gil([&] { return db.get(key.bytes(), *value, snapshot.get()); })) return py::none();
  return view_of(value->bytes, value);
}

// -- Arrow --------------------------------------------------------------------------------------

Rows rows_of_arrow(const py::object& schema_capsule, const py::object& array_capsule, bool keys) {
  auto schema = take_capsule<ArrowSchema>(schema_capsule);
  auto array = take_capsule<ArrowArray>(array_capsule);
  return Rows::arrow(*schema.get(), std::move(array), role_of(keys));
}

// The chunks of a stream, one by one.
class ChunkReader {
 public:
  ChunkReader(const py::object& capsule, bool keys)
      : stream_(take_capsule<ArrowArrayStream>(capsule)), role_(role_of(keys)) {
    check(stream_->get_schema(stream_.get(), schema_.get()));
  }

  py::object next() {
    OwnedArrow<ArrowArray> array;
    check(without_gil([&] { return stream_->get_next(stream_.get(), array.get()); }));
    if (!array->release) return py::none();
    return py::cast(Rows::arrow(*schema_.get(), std::move(array), role_));
  }

 private:
  void check(int failed) {
    if (failed == 0) return;
    const char* const why = stream_->get_last_error(stream_.get());
    throw Error(std::string("the Arrow stream failed: ") + (why ? why : "it does not say why"));
  }

  OwnedArrow<ArrowArrayStream> stream_;
  OwnedArrow<ArrowSchema> schema_;
  Role role_;
};

}  // namespace

void register_arrays(py::module_& m) {
  const auto plain = py::metaclass(reinterpret_cast<PyObject*>(&PyType_Type));
  const auto none = py::none();
  py::class_<Rows>(m, "Rows", plain, "A column of bytes, wherever it lies.")
      .def_static("fixed", &Rows::fixed, py::arg("data"), py::arg("count"), py::arg("width"),
                  py::arg("lengths") = none)
      .def_static("offsets", &Rows::offsets, py::arg("data"), py::arg("offsets"),
                  py::arg("valid") = none)
      .def_static(
          "joined",
          [](const py::object& items, bool keys) { return Rows::joined(items, role_of(keys)); },
          py::arg("items"), py::kw_only(), py::arg("keys"))
      .def_static("arrow", rows_of_arrow, py::arg("schema"), py::arg("array"), py::kw_only(),
                  py::arg("keys"))
      .def("first_null", &Rows::first_null)
      .def(
          "prefixed",
          [](const Rows& rows, const py::bytes& prefix, size_t first, size_t count) {
            const std::string_view bytes = prefix;
            return without_gil([&] { return rows.prefixed(bytes, first, count); });
          },
          py::arg("prefix"), py::arg("first"), py::arg("count"))
      .def("__len__", &Rows::count);
  py::class_<ChunkReader>(m, "ChunkReader", plain, "The chunks of an Arrow stream of one column.")
      .def(py::init<const py::object&, bool>(), py::arg("stream"), py::kw_only(), py::arg("keys"))
      .def("next", &ChunkReader::next);

  m.def("write_rows", write_rows, py::arg("db"), py::arg("keys"), py::arg("key"), py::arg("values"),
        py::arg("value"), py::arg("count"), py::kw_only(), py::arg("max_bytes"), py::arg("sync"),
        py::arg("progress") = none,
        "Writes one commit of rows, deletes without values; returns how many it took.");
  m.def("add_puts", add_puts, py::arg("batch"), py::arg("keys"), py::arg("key"), py::arg("values"),
        py::arg("value"), py::arg("count"), "Adds rows to a WriteBatch.");
  m.def("add_deletes", add_deletes, py::arg("batch"), py::arg("keys"),
        "Adds deletes of all rows to a WriteBatch.");
  m.def("get_rows", get_rows, py::arg("db"), py::arg("keys"), py::kw_only(),
        py::arg("snapshot") = none, py::arg("progress") = none, py::arg("threads") = 0,
        "Offsets, data and bits of validity of the keys' values.");
  m.def("contains_rows", contains_rows, py::arg("db"), py::arg("keys"), py::kw_only(),
        py::arg("snapshot") = none, py::arg("progress") = none, py::arg("threads") = 0,
        "A byte per key: 1 if it is there.");
  m.def("get_view", get_view, py::arg("db"), py::arg("key"), py::kw_only(),
        py::arg("snapshot") = none, "The value where it lies, or None.");
}

}  // namespace lsmkit
