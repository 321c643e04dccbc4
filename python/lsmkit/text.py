"""Numbers, sizes and bytes as text for people; bytes as text that can be read back."""

import re

__all__ = ["bar", "count_text", "duration_text", "escape", "shorten", "size_text", "unescape"]

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_NAMED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_BARS = " ▏▎▍▌▋▊▉█"


def size_text(size: float) -> str:
    """Bytes (or weight) in binary units: ``12.3 MiB``."""
    step = 0
    while abs(size) >= 1024 and step < len(_UNITS) - 1:
        size /= 1024
        step += 1
    return f"{size:.{0 if step == 0 or size >= 100 else 1}f} {_UNITS[step]}"


def count_text(count: int) -> str:
    """A count with thousands apart."""
    return f"{count:,}"


def duration_text(us: float) -> str:
    """Microseconds in a unit that fits."""
    if us < 1000:
        return f"{us:.0f} us"
    return f"{us / 1000:.1f} ms" if us < 1_000_000 else f"{us / 1_000_000:.1f} s"


def bar(fraction: float, width: int) -> str:
    """A bar of at most `width` characters, in steps of an eighth; full beyond 1."""
    eighths = round(max(0.0, min(1.0, fraction)) * width * 8)
    if fraction > 0 and eighths == 0:
        eighths = 1
    whole, part = divmod(eighths, 8)
    return ("█" * whole + (_BARS[part] if part else "")).ljust(width)


def escape(data: bytes) -> str:
    r"""Bytes as printable text: UTF-8 where it is, ``\xff`` where it isn't; `unescape` reads it."""
    text = data.decode("utf-8", "surrogateescape")
    return "".join(_escape_character(character) for character in text)


def _escape_character(character: str) -> str:
    if character in _NAMED:
        return _NAMED[character]
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))


def unescape(text: str) -> bytes:
    """The bytes that `escape` made `text` of. ValueError for a backslash that means nothing.

    Bytes of the command line that are no UTF-8, surrogates in Python, are taken as they are.
    """
    names = {"\\": b"\\", "t": b"\t", "n": b"\n", "r": b"\r"}

    def one(match: re.Match[bytes]) -> bytes:
        name = match[1].decode("latin-1")
        if name in names:
            return names[name]
        if not re.fullmatch("x[0-9a-fA-F]{2}", name):
            raise ValueError(rf"'\{name[:1]}' is no escape; there are \\ \t \n \r \xNN")
        return bytes.fromhex(name[1:])

    return re.sub(rb"\\(x..|.|$)", one, text.encode("utf-8", "surrogateescape"), flags=re.DOTALL)


def shorten(text: str, width: int) -> str:
    """At most `width` characters, with an ellipsis where something is left out."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"
