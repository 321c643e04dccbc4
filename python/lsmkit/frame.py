"""`Frame`: rows of results as named columns, for NumPy, pandas, Polars, Arrow and the eye."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from lsmkit import _core, arrow, frame_text
from lsmkit.column import Column
from lsmkit.optional import need
from lsmkit.schema import ColumnSpec

__all__ = ["Frame"]


class Frame:
    """Named columns of equal length. Immutable, and so are the arrays that it hands out.

    ``frame["weight"]`` is a column as an array, ``frame[0]`` a row as a dict, ``frame[mask]`` and
    ``frame[2:5]`` are frames, and so is ``frame["level", "weight"]``. Iterating gives rows. Every
    frame has the Arrow PyCapsule interface, so that ``pyarrow.table(frame)``,
    ``polars.DataFrame(frame)`` and duckdb's ``from frame`` share its memory, without pyarrow.

    Parameters
    ----------
    columns : mapping of str to Column
    specs : mapping of str to ColumnSpec, optional
        Unit and meaning of columns.
    name : str
        What a row is, for people: "levels", "tables" ...
    """

    __slots__ = ("_columns", "_specs", "name")

    def __init__(
        self,
        columns: Mapping[str, Column],
        specs: Mapping[str, ColumnSpec] | None = None,
        name: str = "rows",
    ) -> None:
        if len({len(column) for column in columns.values()}) > 1:
            lengths = {name: len(column) for name, column in columns.items()}
            raise ValueError(f"columns of a frame have one length, not {lengths}")
        self._columns = dict(columns)
        self._specs = {k: spec for k, spec in (specs or {}).items() if k in self._columns}
        self.name = name

    @classmethod
    def of_schema(
        cls, name: str, specs: Sequence[ColumnSpec], values: Mapping[str, Sequence[Any]]
    ) -> "Frame":
        """From Python values (None: null) by column, all columns of `specs` and no others."""
        columns = {spec.name: Column.of(spec.dtype, values[spec.name]) for spec in specs}
        return cls(columns, {spec.name: spec for spec in specs}, name)

    # -- Columns -----------------------------------------------------------------------------------

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self._columns)

    def column(self, name: str) -> Column:
        """The values, offsets and validity behind `frame[name]`."""
        try:
            return self._columns[name]
        except KeyError:
            raise KeyError(f"no column {name!r}; there are {', '.join(self._columns)}") from None

    def spec(self, name: str) -> ColumnSpec:
        """Unit, dtype and meaning of a column."""
        column = self.column(name)
        return self._specs.get(name) or ColumnSpec(name, column.dtype, "", "", nullable=True)

    @overload
    def __getitem__(self, key: str) -> npt.NDArray[Any]: ...
    @overload
    def __getitem__(self, key: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(
        self, key: slice | tuple[str, ...] | list[str] | npt.NDArray[Any]
    ) -> "Frame": ...
    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self.column(key).to_numpy()
        if isinstance(key, int | np.integer):
            return {name: column[int(key)] for name, column in self._columns.items()}
        if isinstance(key, tuple | list) and all(isinstance(name, str) for name in key):
            return Frame({name: self.column(name) for name in key}, self._specs, self.name)
        rows = np.arange(len(self))[key]
        if rows.ndim != 1:
            raise TypeError(
                "a frame takes the name of a column, the number of a row, a slice, a mask, or a "
                f"list of names or numbers, not {key!r}"
            )
        return self._take(rows)

    # -- Rows --------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()), ()))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[row] for row in range(len(self)))

    def rows(self) -> list[dict[str, Any]]:
        """All rows as dicts."""
        return list(self)

    def head(self, count: int = 5) -> "Frame":
        """The first rows."""
        return self[:count]

    def tail(self, count: int = 5) -> "Frame":
        """The last rows."""
        return self[max(0, len(self) - count) :]

    def filter(self, **values: Any) -> "Frame":
        """The rows where each named column equals the value given (None: is null)."""
        keep = np.ones(len(self), np.bool_)
        for name, value in values.items():
            items = self.column(name)
            keep &= np.fromiter((item == value for item in items), np.bool_, len(self))
        return self[keep]

    def sort(self, *names: str, reverse: bool = False) -> "Frame":
        """The rows in the order of columns, nulls last; equal rows keep their order."""
        rows = list(range(len(self)))
        for name in reversed(names):
            items = self.column(name).to_list()
            full = [row for row in rows if items[row] is not None]
            full.sort(key=items.__getitem__, reverse=reverse)
            rows = full + [row for row in rows if items[row] is None]
        return self._take(np.array(rows, np.intp))

    def _take(self, rows: npt.NDArray[np.intp]) -> "Frame":
        columns = {name: column.take(rows) for name, column in self._columns.items()}
        return Frame(columns, self._specs, self.name)

    # -- Elsewhere ---------------------------------------------------------------------------------

    def to_numpy(self, *, fill: Any = None) -> npt.NDArray[Any]:
        """A structured array of the fixed-width columns; the others are left out.

        Parameters
        ----------
        fill : number, optional
            What stands for null.

        Raises
        ------
        ValueError
            A column holds nulls and there is no `fill`.
        """
        fixed = {n: c for n, c in self._columns.items() if c.offsets is None}
        out = np.empty(len(self), [(name, column.values.dtype) for name, column in fixed.items()])
        for name, column in fixed.items():
            if column.null_count and fill is None:
                raise ValueError(f"column {name!r} holds nulls: say what stands for them, fill=...")
            valid = True if column.valid is None else column.valid
            out[name] = np.where(valid, column.values, 0 if fill is None else fill)
        return out

    def to_pandas(self) -> Any:
        """A pandas DataFrame; columns with nulls get pandas' nullable types. Needs pandas."""
        pd = need("pandas")

        nullable: dict[str, Any] = {
            "bool": "boolean",
            "i32": "Int32",
            "i64": "Int64",
            "u32": "UInt32",
        }
        nullable |= {"u64": "UInt64", "f64": "Float64"}
        series: dict[str, Any] = {}
        for name, column in self._columns.items():
            if column.offsets is not None:
                series[name] = pd.Series(column.to_list(), dtype=object)
            elif column.null_count:
                series[name] = pd.Series(column.to_list(), dtype=nullable[column.dtype])
            else:
                series[name] = column.values
        return pd.DataFrame(series)

    def to_polars(self) -> Any:
        """A Polars DataFrame, which shares the memory. Needs Polars."""
        return need("polars").DataFrame(self)

    def to_arrow(self) -> Any:
        """A pyarrow Table that shares the memory. Needs pyarrow."""
        return need("pyarrow").table(self)

    def __arrow_c_schema__(self) -> object:
        """Arrow's capsule of the type: a struct with one field per column."""
        return _core.arrow_schema(arrow.table_of(self._columns))

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        """Arrow's capsules of the type and of all rows, as one array of structs.

        Raises
        ------
        InvalidArgument
            The arrays of a column do not fit together. As for the stream.
        """
        table = arrow.table_of(self._columns)
        return _core.arrow_schema(table), _core.arrow_array(table)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Arrow's capsule of a stream of one batch."""
        return _core.arrow_batch_stream(arrow.table_of(self._columns))

    def __repr__(self) -> str:
        return frame_text.text(self)

    def _repr_html_(self) -> str:
        return frame_text.html(self)
