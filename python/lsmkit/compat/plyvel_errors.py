"""The errors of `lsmkit.compat.plyvel`, and how its arguments are checked."""

import builtins
from typing import Any, NoReturn

import lsmkit

__all__ = [
    "CorruptionError",
    "Error",
    "IOError",
    "IteratorInvalidError",
    "NotSupported",
    "closed_error",
    "expect_bytes",
    "expect_flags",
    "no_membership",
    "translated",
    "value_bytes",
]


class Error(lsmkit.Error):
    """Anything that goes wrong in the database."""


class IOError(Error, builtins.IOError):
    """The system refused, or another process (or another `DB` of this one) holds the database."""


class CorruptionError(Error):
    """Bytes on disk are not what was written."""


class IteratorInvalidError(Error):
    """A raw iterator that stands nowhere was asked for an entry, or to move by one."""


class NotSupported(Error, lsmkit.NotSupported):
    """What plyvel can do and lsmkit cannot; the text names it and says why."""


def translated(error: lsmkit.Error) -> Exception:
    """The error that plyvel would have raised."""
    if isinstance(error, lsmkit.ClosedError | lsmkit.ForkedError):
        return RuntimeError(str(error))
    if isinstance(error, lsmkit.CorruptionError):
        return CorruptionError(str(error))
    if isinstance(error, lsmkit.IOError | lsmkit.LockedError | lsmkit.DurabilityError):
        return IOError(str(error))
    return Error(str(error))


def closed_error(what: str) -> RuntimeError:
    """What is raised by a call on something that is closed."""
    return RuntimeError(f"{what} is closed")


def expect_bytes(name: str, value: object) -> None:
    """TypeError unless it is bytes: plyvel takes no other buffer as a key."""
    if not isinstance(value, bytes):
        raise TypeError(f"argument {name!r}: bytes is due, not {type(value).__name__}")


def expect_flags(**flags: object) -> None:
    """TypeError unless each is a bool; None is taken for False."""
    for name, value in flags.items():
        if value is not None and not isinstance(value, bool):
            raise TypeError(f"argument {name!r}: bool is due, not {type(value).__name__}")


def value_bytes(value: Any) -> bytes:
    """The bytes of a value, any C-contiguous buffer."""
    if isinstance(value, bytes):
        return value
    view = memoryview(value)
    if not view.c_contiguous:
        raise BufferError("a value is a C-contiguous buffer, which this one is not")
    return view.tobytes()


def no_membership() -> NoReturn:
    """What `in` raises on everything, because it would go over all (key, value) pairs."""
    raise TypeError(
        "__contains__ is not supported ('in' and 'not in'), as in plyvel: use get(key) is not None"
    )
