// What Cursor and Iterator have in common: a cursor of the engine, and the DB object it reads.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>

#include "gil.h"
#include "handles.h"
#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db_cursor.h"

namespace lsmkit {

struct Child {
  PyObject* db = nullptr;            // owned; null only before the first line of life
  std::unique_ptr<DbCursor> cursor;  // null: closed
  bool in_use = false;               // see turn.h

  // Opens a cursor on `db_object`, which is kept alive from now on.
  void open(PyObject* db_object, const CursorOptions& range, SnapshotRef snapshot) {
    db = Py_NewRef(db_object);
    cursor = db_of(db_object).cursor(range, std::move(snapshot));
  }

  // Gives up what the cursor pins. Dropping the last pin frees memtables and closes files.
  void release() noexcept {
    if (!cursor) return;
    if (!cursor->is_last_reader()) return cursor.reset();
    without_gil([this] { cursor.reset(); });
  }

  // The cursor, or ClosedError.
  DbCursor& live(const char* what) const {
    if (!cursor) throw ClosedError(std::string("this ") + what + " is closed");
    const Db& engine = db_of(db);
    if (engine.closed()) throw ClosedError("the database " + engine.path() + " is closed");
    return *cursor;
  }
};

}  // namespace lsmkit
