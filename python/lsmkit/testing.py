"""Disks for tests: one in memory that loses power, fills up and fails on command, and a slow one.

>>> from lsmkit import Sync
>>> from lsmkit.testing import DAMAGES, MemoryDisk
>>> disk = MemoryDisk()
>>> with disk.open("/db", background="inline", sync=Sync.always) as db:
...     db[b"key"] = b"value"
>>> for after in range(disk.operation_count + 1):
...     for damage in DAMAGES:
...         with disk.crashed(after, damage).open("/db") as db:
...             assert dict(db) in ({}, {b"key": b"value"})

A database on such a disk is the real engine: only the operating system beneath it is another. With
``background="inline"`` it does the same operations in the same order every time.

`ThrottledDisk` is the system's files, as slow as a `Device`.
"""

import errno
from collections.abc import Iterator
from typing import TYPE_CHECKING, Unpack

from lsmkit import _core
from lsmkit.machine import Device
from lsmkit.options import Options, OptionsDict
from lsmkit.own_planner import Planner

if TYPE_CHECKING:
    from lsmkit.db import DB

__all__ = ["DAMAGES", "DISK_OPERATIONS", "MemoryDisk", "ThrottledDisk"]

DAMAGES: tuple[str, ...] = _core.DAMAGES
"""What a crash can do to a disk; each is one way in which un-synced data, file sizes and names in
directories survive or don't. ``"process kill"`` loses nothing: only the process has died."""

DISK_OPERATIONS: tuple[str, ...] = _core.DISK_OPERATIONS
"""What can be made to fail."""


class MemoryDisk:
    """A disk in memory. It journals every operation, so that any moment can be crashed afterwards.

    What a crash may take is what POSIX does not promise: bytes that were not synced, a file's size,
    and names in directories that were not synced, each on its own.
    """

    def __init__(self, core: _core.MemoryDisk | None = None) -> None:
        self._core = _core.MemoryDisk() if core is None else core

    @property
    def core(self) -> _core.MemoryDisk:
        """The compiled module's disk."""
        return self._core

    def open(
        self,
        path: str = "/db",
        options: Options | None = None,
        *,
        read_only: bool = False,
        planner: Planner | None = None,
        **overrides: Unpack[OptionsDict],
    ) -> "DB":
        """Open a database on this disk: as `lsmkit.open(path, disk=self)`."""
        from lsmkit.db import DB

        return DB(path, options, read_only=read_only, disk=self, planner=planner, **overrides)

    # -- Crashes -----------------------------------------------------------------------------------

    @property
    def operation_count(self) -> int:
        """Operations that have changed it, or made something durable, since it was made."""
        return self._core.operation_count()

    def crashed(
        self, after: int | None = None, damage: str = "nothing un-synced", seed: int = 0
    ) -> "MemoryDisk":
        """The disk that a crash leaves behind.

        Parameters
        ----------
        after : int, optional
            The crash comes right after so many operations. Default: now.
        damage : str
            One of `DAMAGES`.
        seed : int
            Of what chance decides; the same seed gives the same disk.

        Returns
        -------
        MemoryDisk
            Another disk, all of it durable, with no lock held. It counts its operations from 0.

        Raises
        ------
        InvalidArgument
            No such damage; more operations than there were.
        """
        return MemoryDisk(self._core.crashed(self._at(after), damage, seed))

    def killed(self, after: int | None = None) -> "MemoryDisk":
        """The disk that a killed process leaves to the next one.

        Nothing is lost, but what was not synced can still be: crash the result to see. It counts
        its operations on from there.
        """
        return MemoryDisk(self._core.killed(self._at(after)))

    def crashes(
        self, damages: tuple[str, ...] = DAMAGES, *, step: int = 1
    ) -> Iterator[tuple[int, str, "MemoryDisk"]]:
        """(after, damage, disk) for every `step`-th moment since it was made and all `damages`."""
        for after in range(0, self.operation_count + 1, step):
            for damage in damages:
                yield after, damage, self.crashed(after, damage, seed=after)

    def forget_history(self) -> None:
        """Give back the journal's memory. Crashes are possible from now on only."""
        self._core.forget_history()

    def _at(self, after: int | None) -> int:
        return self.operation_count if after is None else after

    # -- Faults ------------------------------------------------------------------------------------

    def fail(
        self,
        operation: str | None = None,
        *,
        at: int = 1,
        times: int | None = 1,
        error: int = errno.EIO,
        effect: str = "nothing",
    ) -> None:
        """Make operations fail, beside what was asked for before.

        Parameters
        ----------
        operation : str, optional
            One of `DISK_OPERATIONS`. Default: any.
        at : int
            The first to fail; 1 is the next.
        times : int, optional
            So many in a row fail, then the disk is healed. None: all of them, until `heal()`.
        error : int
            The errno.
        effect : str
            What has happened on the disk all the same: ``"nothing"``; ``"half"`` of an append;
            ``"done"``, all of it; of a sync also ``"un-synced lost"``: what was not synced is gone,
            and the next sync succeeds, as Linux does it.
        """
        self._core.fail(operation, at, times, error, effect)

    def heal(self) -> None:
        """Let everything succeed again."""
        self._core.heal()

    @property
    def call_count(self) -> int:
        """Operations asked for by databases, those that read and those that failed included."""
        return self._core.call_count()

    @property
    def failure_count(self) -> int:
        """Operations that were made to fail."""
        return self._core.failure_count()

    def limit(self, capacity_bytes: int | None) -> None:
        """Be full (ENOSPC) at so many bytes in all files together; None: never."""
        self._core.limit(2**63 if capacity_bytes is None else capacity_bytes)

    # -- Files -------------------------------------------------------------------------------------

    def names(self, directory: str = "/db") -> list[str]:
        """What a directory holds, sorted."""
        return self._core.names(directory)

    def read(self, path: str) -> bytes:
        """All bytes of a file."""
        return self._core.read(path)

    def write(self, path: str, data: bytes) -> None:
        """Put other bytes into a file, as if they had always been there: damage at rest."""
        self._core.write(path, data)

    def __repr__(self) -> str:
        return f"<MemoryDisk, {self.operation_count} operations>"


class ThrottledDisk:
    """The system's files, as slow as a device, which is shared as a simulation in time shares it.

    All that a database reads and writes waits for the device, as if nothing else remembered it.
    Its logs are one stream and each of its threads is another, and each gets its share. What goes
    to a log is on its way at once, up to a quarter of a second of the device's time, and only a
    sync waits for it; tables are written behind by 256 KiB and not read ahead. Nothing is synced
    for real: it is for measuring, not for keeping.

    Parameters
    ----------
    device : Device or str
        Or its name; see `Device.named`. It should be slower than what lies below.

    Examples
    --------
    >>> import tempfile
    >>> from lsmkit import Device
    >>> disk = ThrottledDisk(Device(transfer_bytes_per_s=20e6))
    >>> with tempfile.TemporaryDirectory() as path, disk.open(path) as db:
    ...     db[b"key"] = b"value"
    """

    def __init__(self, device: Device | str) -> None:
        self.device = Device.named(device) if isinstance(device, str) else device
        if not isinstance(self.device, Device):
            raise TypeError(f"device: a Device or a name is due, not {type(device).__name__}")
        figures = {name: value for name, value in vars(self.device).items() if name != "name"}
        self._core = _core.ThrottledDisk(**figures)

    @property
    def core(self) -> _core.ThrottledDisk:
        """The compiled module's disk."""
        return self._core

    @property
    def passed_bytes(self) -> int:
        """What has been read and written so far."""
        return self._core.passed_bytes()

    def open(
        self,
        path: str,
        options: Options | None = None,
        **overrides: Unpack[OptionsDict],
    ) -> "DB":
        """Open a database in a directory of the system's: as `lsmkit.open(path, disk=self)`."""
        from lsmkit.db import DB

        return DB(path, options, disk=self, **overrides)

    def __repr__(self) -> str:
        return f"<ThrottledDisk, {self.passed_bytes:,} bytes so far, {self.device}>"
