"""Bytes-like objects: their type, wherever this Python keeps it, and their bytes."""

import sys

if sys.version_info >= (3, 12):
    from collections.abc import Buffer
else:
    from typing_extensions import Buffer

__all__ = ["Buffer", "key_bytes"]


def key_bytes(key: Buffer) -> bytes:
    """The bytes of a key. TypeError, with the words of the compiled module, if it is no buffer."""
    if isinstance(key, bytes):
        return key
    if isinstance(key, str):
        raise TypeError(
            "a key is bytes, not str: pass key.encode(), or use db.typed(key=str) to store text"
        )
    try:
        view = memoryview(key)
    except TypeError:
        name = type(key).__name__
        raise TypeError(f"a key is bytes or another buffer, not {name}") from None
    if not view.c_contiguous:
        raise TypeError("a key is a C-contiguous buffer, which this one is not")
    return view.tobytes()
