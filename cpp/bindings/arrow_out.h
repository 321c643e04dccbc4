// Columns as Arrow's arrays, without a copy: in the capsules of the PyCapsule interface,
// https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html
#pragma once

#include <pybind11/pybind11.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow_abi.h"
#include "memory_type.h"

namespace lsmkit {

// In Arrow's format strings: "Z" is large_binary, "+s" a struct of its children.
struct ArrowType {
  std::string format;
  std::string name;
  bool nullable = false;
  std::vector<ArrowType> children;
};

// What an exported array reads. `owner` keeps its own buffers, not its children's, and is let go of
// on whatever thread Arrow's reader likes, with or without the GIL.
struct ArrowColumn {
  int64_t rows = 0;
  int64_t null_count = 0;
  std::vector<const void*> buffers;  // first the bits of validity; null: no row is null
  std::vector<ArrowColumn> children;
  std::shared_ptr<const void> owner;
};

// Fill empty structs.
void export_type(const ArrowType& type, ArrowSchema* out);
void export_column(ArrowColumn column, ArrowArray* out);

// A stream of columns of one type, which is a struct's if it is to be read as a table. `next` gives
// one after the other, nothing at the end; it may throw, and is called without the GIL.
using NextBatch = std::function<std::optional<ArrowColumn>()>;
void export_stream(ArrowType type, NextBatch next, ArrowArrayStream* out);

}  // namespace lsmkit
