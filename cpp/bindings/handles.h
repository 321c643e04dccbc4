// The handles as other files of the bindings need them: from a Python object to the C++ value, and
// the making of children.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>

#include "lsmkit/db/db.h"
#include "lsmkit/memtable/write_batch.h"
#include "range_arguments.h"

namespace lsmkit {

using SnapshotRef = std::shared_ptr<const Snapshot>;  // null: the present

// The database behind a DB object. Throws ClosedError if it was never opened. The reference is good
// as long as the object lives, also past close().
Db& db_of(PyObject* db_object);
bool is_db(PyObject* object);

// The snapshot behind a `snapshot=` argument, null for None or nothing. Throws Python's TypeError,
// InvalidArgument if it is of another DB object, ClosedError.
SnapshotRef snapshot_of(PyObject* snapshot_object, PyObject* db_object);

// The batch and the flag that says whether some thread is at it; see turn.h. Throws Python's
// TypeError.
struct BatchAccess {
  WriteBatch& batch;
  bool& in_use;
};
BatchAccess batch_of(PyObject* batch_object);

// Children. Each keeps `db_object` alive and sees the snapshot, or the present moment.
PyObject* make_snapshot(PyObject* db_object);
PyObject* make_cursor(PyObject* db_object, const RangeArguments& range, SnapshotRef snapshot);
PyObject* make_iterator(PyObject* db_object, const IteratorArguments& arguments,
                        SnapshotRef snapshot);

}  // namespace lsmkit
