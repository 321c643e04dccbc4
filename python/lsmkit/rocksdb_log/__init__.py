"""Reads the log of a RocksDB, `LOG`, as a run: `read_rocksdb_log`."""

import os

from lsmkit._errors import CorruptionError, InvalidArgument
from lsmkit.progress import Progress, shown
from lsmkit.rocksdb_log import files, reader
from lsmkit.rocksdb_log.records import Problem
from lsmkit.rocksdb_log.run import RocksDBRun

__all__ = ["Problem", "RocksDBRun", "read_rocksdb_log"]


def read_rocksdb_log(
    path: str | os.PathLike[str],
    *,
    column_family: str | None = None,
    strict: bool = False,
    max_records: int = 2_000_000,
    progress: Progress = None,
) -> RocksDBRun:
    """What a RocksDB did, from its log: levels over time, jobs, amplification, stalls, options.

    Releases from 3.11 on are read; what stands in EVENT_LOG_v1 lines is the most of it. Logs that
    are cut off, broken or incomplete give what is in them, and `RocksDBRun.problems` says what is
    wrong with which line.

    Parameters
    ----------
    path : path
        A LOG file, gzip or not; or a directory with LOG and those that it replaced,
        LOG.old.<number>, which are read in order.
    column_family : str, optional
        Default: "default", or that with the most events if nothing is told of it.
    strict : bool
        Raise at the first problem instead of noting it.
    max_records : int
        Ends the reading after so many events, stalls and rows of stats, which bounds memory at
        some 1.5 KB each; a gigabyte of log has about a million.
    progress : callable(done, total) or bool, optional
        Told bytes read now and then; True: shown. What it raises ends the call, as Ctrl-C does.

    Returns
    -------
    RocksDBRun

    Raises
    ------
    InvalidArgument
        It is no log of RocksDB; a directory without one; no such column family.
    CorruptionError
        With `strict`: the first problem.
    OSError
        It can't be opened.

    Examples
    --------
    >>> run = lsmkit.read_rocksdb_log("/data/my-rocksdb")    # doctest: +SKIP
    >>> run.series()["l0_run_count"].max()                   # doctest: +SKIP
    """
    if max_records < 1:
        raise InvalidArgument(f"max_records={max_records}: at least 1 is due")
    found = files.find(path)
    with shown(progress, "reading the log", "B") as tell:
        log = reader.read(found, strict=strict, max_records=max_records, progress=tell)
    run = RocksDBRun(log, column_family)
    if strict and run.problems:
        raise CorruptionError(str(run.problems[0]), file=run.files[-1])
    return run
