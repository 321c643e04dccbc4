"""`Reads`: what gets and scans looked into, in a simulation or in the engine beside it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Reads"]


@dataclass(frozen=True)
class Reads:
    """What reads looked into so far, counted as `Stats` counts for a database.

    A get looks into memtables, then into the runs of L0, newest first, then into one table per
    level, until one has a record of the key. A table whose key range holds the key is probed: its
    filter is asked first, and unless that says no, a data block is read, through the cache. Index
    and filter of an open table are in memory. A scan seeks in every run and asks no filter.

    Attributes
    ----------
    gets, gets_found : int
        Gets, the reads of read-modify-writes too; those that found a value.
    tables_probed : int
        By gets.
    filter_negatives, false_positives : int
        Of the tables probed, those whose filter spared the get; those that were read in vain. A
        table without filter is read in vain whenever it has nothing.
    scans, scanned_entries, runs_sought : int
    cache_hits, cache_misses : int
        Data blocks that gets and scans asked for, and found in the cache or had to read.
    scan_blocks : int
        Of both, those of scans. 0 for an engine, which does not tell them apart.
    """

    gets: int
    gets_found: int
    tables_probed: int
    filter_negatives: int
    false_positives: int
    scans: int
    scanned_entries: int
    runs_sought: int
    cache_hits: int
    cache_misses: int
    scan_blocks: int

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Reads":
        """From the compiled module's."""
        return cls(**values)

    @property
    def tables_read(self) -> int:
        """Tables probed that the filter did not spare."""
        return self.tables_probed - self.filter_negatives

    @property
    def read_amp(self) -> float:
        """Tables probed by a get, on average. NaN without gets."""
        return _per(self.tables_probed, self.gets)

    @property
    def blocks_per_get(self) -> float:
        """Data blocks that a get asked for, from cache or file, on average. NaN without gets."""
        return _per(self.cache_hits + self.cache_misses - self.scan_blocks, self.gets)

    @property
    def false_positive_rate(self) -> float:
        """Tables read in vain / tables probed that had nothing. NaN if all had something."""
        return _per(self.false_positives, self.false_positives + self.filter_negatives)

    @property
    def cache_hit_ratio(self) -> float:
        """Blocks found in the cache / blocks asked for. NaN without any."""
        return _per(self.cache_hits, self.cache_hits + self.cache_misses)


def _per(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
