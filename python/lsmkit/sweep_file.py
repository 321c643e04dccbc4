"""The Parquet file of a sweep: written whole each time, under another name first."""

import os
import time
from pathlib import Path
from typing import Any, TypeAlias

from lsmkit._errors import InvalidArgument
from lsmkit.frame import Frame
from lsmkit.optional import need
from lsmkit.schema import SCHEMAS

__all__ = ["SweepFile"]

Rows: TypeAlias = dict[str, dict[str, Any]]  # by key

EVERY_S = 30


class SweepFile:
    """Rows on disk. Made before anything is simulated, so that what is missing is told at once."""

    def __init__(self, path: Path) -> None:
        self._parquet = need("pyarrow.parquet")
        self._path = path
        self._written = time.monotonic()
        if not path.parent.is_dir():
            raise InvalidArgument(f"out: there is no directory {path.parent}; make it first")

    def rows(self) -> Rows:
        """What is there from before.

        Raises
        ------
        InvalidArgument
            It is no sweep's.
        """
        if not self._path.exists():
            return {}
        try:
            found = self._parquet.read_table(self._path).to_pylist()
        except (OSError, ValueError) as error:  # pyarrow's errors are ValueErrors
            raise InvalidArgument(f"out: {self._path} is no Parquet file: {error}") from None
        if any("key" not in row for row in found):
            raise InvalidArgument(
                f"out: {self._path} holds no sweep; name another file, or say resume=False to "
                "write over it"
            )
        return {row["key"]: row for row in found}

    def keep(self, rows: Rows) -> None:
        """Write them, if it is time to."""
        if time.monotonic() - self._written >= EVERY_S:
            self.write(rows)

    def write(self, rows: Rows) -> None:
        """Write them all."""
        specs = SCHEMAS["sweep"]
        columns = {spec.name: [row.get(spec.name) for row in rows.values()] for spec in specs}
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            self._parquet.write_table(Frame.of_schema("sweep", specs, columns).to_arrow(), fresh)
            os.replace(fresh, self._path)
        finally:
            fresh.unlink(missing_ok=True)
        self._written = time.monotonic()
