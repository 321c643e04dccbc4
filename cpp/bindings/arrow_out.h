// Columns of bytes as Arrow's large_binary, without a copy: in the capsules of the PyCapsule
// interface, https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html
#pragma once

#include <pybind11/pybind11.h>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "arrow_abi.h"
#include "memory_type.h"

namespace lsmkit {

// What an exported column reads. `owner` is let go of on whatever thread Arrow's reader likes, with
// or without the GIL.
struct ArrowColumn {
  int64_t rows = 0;
  const void* offsets = nullptr;  // int64_t[rows + 1]
  const void* data = nullptr;
  const void* valid = nullptr;  // bits; null: no row is null
  int64_t null_count = 0;
  std::shared_ptr<const void> owner;
};

// Fill empty structs. The names of several columns make a struct of them.
void export_binary_schema(ArrowSchema* out);
void export_struct_schema(const std::vector<const char*>& names, ArrowSchema* out);
void export_binary(ArrowColumn column, ArrowArray* out);
void export_struct(int64_t rows, std::vector<ArrowColumn> columns, ArrowArray* out);

// A stream of structs of these columns. `next` gives one batch after the other, nothing at the end;
// it may throw, and is called without the GIL.
using NextBatch = std::function<std::optional<std::vector<ArrowColumn>>()>;
void export_stream(std::vector<const char*> names, NextBatch next, ArrowArrayStream* out);

}  // namespace lsmkit
