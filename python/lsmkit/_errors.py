"""What can go wrong, as types. The engine has the same tree (`cpp/bytes/error.h`).

Every class pickles and copies: the message is the only positional argument of the exception, and
what belongs to one kind of error (a path, an offset) is an attribute.
"""

__all__ = [
    "ClosedError",
    "ConflictError",
    "CorruptionError",
    "DurabilityError",
    "Error",
    "ForkedError",
    "HistoryLost",
    "IOError",
    "InvalidArgument",
    "LockedError",
    "NotSupported",
    "ReadOnlyError",
    "StallTimeout",
]


class Error(Exception):
    """Anything that lsmkit raises of its own."""


class IOError(Error, OSError):
    """The system refused; `errno`, `strerror` and `filename` are set as for any `OSError`."""

    def __str__(self) -> str:
        # strerror is a sentence that names the file, so it need not be named again.
        return (
            Exception.__str__(self)
            if self.errno is None
            else f"[Errno {self.errno}] {self.strerror}"
        )


class LockedError(Error):
    """Another process holds the directory; `pid` is 0 if unknown."""

    def __init__(self, message: str = "", path: str = "", pid: int = 0) -> None:
        super().__init__(message)
        self.path = path
        self.pid = pid


class CorruptionError(Error):
    """Bytes on disk are not what was written: in `file`, at `offset`."""

    def __init__(self, message: str = "", file: str = "", offset: int = 0) -> None:
        super().__init__(message)
        self.file = file
        self.offset = offset


class DurabilityError(Error):
    """A sync failed, so no further write is taken until the database is opened anew."""


class InvalidArgument(Error, ValueError):
    """A value that cannot be: an option, a key or a value too large, a misuse of a handle."""


class ReadOnlyError(Error):
    """A write to a database that was opened to be read."""


class ClosedError(Error, RuntimeError):
    """A call on a closed database, or on a snapshot or iterator of one."""


class ForkedError(Error):
    """A call in a forked child: a database belongs to the process that opened it."""


class HistoryLost(Error):
    """The past that was asked for is no longer kept."""


class ConflictError(Error):
    """Another commit changed what a transaction had read."""


class StallTimeout(Error):
    """A write waited for room longer than `stall_timeout_ms`; the text names the cause."""


class NotSupported(Error):
    """This build or this format version cannot do that."""


for _name in __all__:
    # What people see and what a pickle names is the public place.
    globals()[_name].__module__ = "lsmkit"
