"""Workloads as lines of text and back; `cpp/workload/workload_text.cc` has the grammar.

What is written here may lack checks: the compiled module reads it, checks it and spells it out, and
only such text is read here.
"""

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from lsmkit import choices
from lsmkit._errors import InvalidArgument

if TYPE_CHECKING:
    from lsmkit.workload import Phase, Workload

__all__ = ["fields", "phase_text", "text"]

PLAIN_FIELDS = (
    "compressed_share", "absent_share", "batch_ops", "clients", "synced_share", "ttl_s",
)  # fmt: skip
CHOICE_FIELDS = {
    "keys": choices.Keys,
    "value_bytes": choices.Size,
    "scan_entries": choices.Size,
    "rate": choices.Rate,
}
ENDS = ("ops", "bytes", "seconds")


# -- Writing ---------------------------------------------------------------------------------------


def text(workload: "Workload") -> str:
    """All of it."""
    lines = [
        f"name {_escaped('name', workload.name)}",
        f"seed {_number_word('seed', workload.seed)}",
        f"key_count {_number_word('key_count', workload.key_count)}",
        f"encoding {_choice('encoding', workload.encoding, choices.KeyEncoding)}",
    ]
    return "\n".join([*lines, *map(phase_text, workload.phases)]) + "\n"


def phase_text(phase: "Phase") -> str:
    """The lines of a phase."""
    mix = sorted(phase.shares().items())
    lines = [
        f"phase {_escaped('phase', phase.name)}",
        "mix " + " ".join(f"{_kind(kind)}={_number_word('mix', share)}" for kind, share in mix),
    ]
    for name, base in CHOICE_FIELDS.items():
        lines.append(f"{name} {_choice(name, getattr(phase, name), base)}")
    lines += [f"{name} {_number_word(name, getattr(phase, name))}" for name in PLAIN_FIELDS]
    lines.append(f"rate_unit {'bytes' if phase.rate_in_bytes else 'ops'}")
    limit = _number_word("capacity_per_s", phase.capacity_per_s)
    lines.append(f"capacity per_s={limit} queues={_word('queues', bool(phase.capacity_queues))}")
    unit = next(name for name in ENDS if getattr(phase, name) is not None)
    lines.append(f"end unit={unit} after={_number_word(unit, getattr(phase, unit))}")
    return "\n".join(lines)


def _kind(kind: object) -> str:
    if not isinstance(kind, str) or not re.fullmatch(r"\w+", kind):
        raise InvalidArgument(f"mix: {kind!r} is no kind of operation; give one such as 'put'")
    return kind


def _choice(name: str, choice: object, base: type) -> str:
    if not isinstance(choice, base) or not dataclasses.is_dataclass(choice):
        raise TypeError(
            f"{name}: one of lsmkit.workloads' kinds of {base.__name__} is due, "
            f"not {type(choice).__name__}"
        )
    words = [
        f" {f.name}={_word(f.name, getattr(choice, f.name))}" for f in dataclasses.fields(choice)
    ]
    kind: str = choice.kind  # type: ignore[union-attr]
    return kind + "".join(words)


def _word(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | bytes):
        return _escaped(name, value)
    if isinstance(value, tuple | list):
        return ",".join(_number_word(name, item) for item in value)
    return _number_word(name, value)


def _number_word(name: str, value: object) -> str:
    try:
        if isinstance(value, str | bytes | bool):
            raise TypeError
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise TypeError(f"{name}: a number is due, not {type(value).__name__}") from None
    except OverflowError:
        return str(value)
    whole = int(value) if number.is_integer() else None  # type: ignore[call-overload]
    return str(whole) if whole is not None and whole == value else repr(number)


def _escaped(name: str, value: object) -> str:
    if not isinstance(value, str | bytes):
        raise TypeError(f"{name}: str is due, not {type(value).__name__}")
    raw = value.encode() if isinstance(value, str) else value
    plain = (chr(b) if 32 < b < 127 and b not in b"\\=" else f"\\x{b:02x}" for b in raw)
    return "".join(plain)


# -- Reading what is spelled out -------------------------------------------------------------------


def fields(spelled_out: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The arguments of a `Workload`, and those of each `Phase`."""
    head: dict[str, Any] = {}
    phases: list[dict[str, Any]] = []
    for line in spelled_out.splitlines():
        name, _, rest = line.partition(" ")
        if name == "phase":
            phases.append({"name": _unescaped(rest)})
        elif phases:
            phases[-1] |= _phase_field(name, rest)
        elif name == "encoding":
            head[name] = _chosen(rest, choices.KeyEncoding)
        else:
            head[name] = _unescaped(rest) if name == "name" else int(rest)
    return head, phases


def _phase_field(name: str, rest: str) -> dict[str, Any]:
    if name in CHOICE_FIELDS:
        return {name: _chosen(rest, CHOICE_FIELDS[name])}
    words = dict(word.split("=", 1) for word in rest.split() if "=" in word)
    if name == "mix":
        return {"mix": {kind: _number(share) for kind, share in words.items()}}
    if name == "rate_unit":
        return {"rate_in_bytes": rest == "bytes"}
    if name == "capacity":
        return {
            "capacity_per_s": _number(words["per_s"]),
            "capacity_queues": words["queues"] == "yes",
        }
    if name == "end":
        return {words["unit"]: _number(words["after"])}
    return {name: _number(rest)}


def _chosen(line: str, base: type) -> Any:
    kind, *words = line.split(" ")
    subclasses: list[Any] = base.__subclasses__()
    choice = next(subclass for subclass in subclasses if subclass.kind == kind)
    values: dict[str, Any] = {}
    defaults = {f.name: f.default for f in dataclasses.fields(choice)}
    for name, value in (word.split("=", 1) for word in words):
        default = defaults[name]
        if isinstance(default, bool):
            values[name] = value == "yes"
        elif isinstance(default, str):
            values[name] = _unescaped(value)
        elif isinstance(default, int | float):
            values[name] = _number(value)
        else:
            values[name] = tuple(int(item) for item in value.split(",") if item)
    return choice(**values)


def _number(word: str) -> int | float:
    number = float(word)
    return int(word) if re.fullmatch(r"-?\d+", word) else number


def _unescaped(word: str) -> Any:
    raw = re.sub(rb"\\x(..)", lambda m: bytes([int(m[1], 16)]), word.encode())
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw
