"""Fewer marks than rows, and every one of them true: which rows of a long run are drawn."""

from typing import Any

import numpy as np
import numpy.typing as npt

from lsmkit.plot.sources import Floats

__all__ = ["STRETCHES", "kept_rows", "thinned_text"]

STRETCHES = 1_000
"""More than a picture has pixels to show apart."""


def kept_rows(x: Floats, y: Floats, stretches: int = STRETCHES) -> npt.NDArray[np.intp]:
    """Which rows to draw: of each stretch of `x` the first, the least, the greatest and the last.

    All of them, if they are no more than four per stretch.

    Parameters
    ----------
    x : ndarray, shape (rows,)
        Never falls.
    y : ndarray, shape (rows,)
        NaN counts as missing.
    """
    if len(x) <= 4 * stretches:
        return np.arange(len(x))
    edges = np.linspace(x[0], x[-1], stretches + 1)[1:-1]
    begins = np.unique(np.concatenate(([0], np.searchsorted(x, edges))))
    begins = begins[begins < len(x)]
    ends = np.append(begins[1:], len(x))
    low = np.where(np.isnan(y), np.inf, y)
    high = np.where(np.isnan(y), -np.inf, y)
    rows: list[Any] = [begins, ends - 1]
    bounds = list(zip(begins.tolist(), ends.tolist(), strict=True))
    rows.append([begin + int(low[begin:end].argmin()) for begin, end in bounds])
    rows.append([begin + int(high[begin:end].argmax()) for begin, end in bounds])
    return np.unique(np.concatenate(rows).astype(np.intp))


def thinned_text(rows: int, drawn: int, what: str = "moments") -> str:
    """What was left out, in words; empty: nothing."""
    return "" if drawn >= rows else f"{rows:,} {what}, {drawn:,} drawn; no peak is left out"
