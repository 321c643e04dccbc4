"""What a log tells, as small values: tables, jobs and events of one column family."""

from dataclasses import dataclass, field

__all__ = ["Event", "Life", "Problem", "Record", "Stall", "Table"]


@dataclass(frozen=True)
class Problem:
    """Something in a log that is not as it should be.

    Attributes
    ----------
    file : str
        The name of the file.
    line : int
        From 1; 0: the file as a whole.
    text : str
        What is wrong, and what was made of it.
    """

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}" if self.line else f"{self.file}: {self.text}"


@dataclass(slots=True)
class Table:
    """A table; None for what the log does not tell of it."""

    number: int
    job: int | None = None
    file_bytes: int | None = None
    weight: int | None = None
    key_bytes: int | None = None
    value_bytes: int | None = None
    entry_count: int | None = None
    tombstone_count: int | None = None
    smallest_seqno: int | None = None
    largest_seqno: int | None = None
    created_us: int | None = None
    codec: str | None = None


@dataclass(slots=True)
class Life:
    """A table in a level, from one event to another. A table that moves has several."""

    table: Table
    level: int
    run: int
    born: int | None  # None: before the log begins
    died: int | None = None


@dataclass(slots=True)
class Record:
    """What one line tells, before it is put in order."""

    epoch: int
    wall_us: int
    kind: str
    job: int
    file: int
    line: int
    thread: bytes = b""
    table: Table | None = None  # "created"
    number: int = 0  # "deleted", "ingested": the table's
    level: int = 0  # "compacted", "moved", "ingested": where it went
    inputs: tuple[tuple[int, tuple[int, ...]], ...] = ()  # by level; "moved": (-1, numbers)
    sizes: tuple[int, ...] = ()  # "moved": in bytes
    reason: str = ""
    score: float | None = None
    bytes: int | None = None
    in_entries: int | None = None
    out_entries: int | None = None
    tombstones: int | None = None
    duration_us: int | None = None
    output_count: int | None = None
    state: tuple[int, ...] | None = None  # tables by level, afterwards
    text: str = ""  # what went wrong


@dataclass(slots=True)
class Event:
    """A row of the events, with the tables that it took away and put there."""

    number: int
    wall_us: int
    time_us: int
    kind: str
    job: int
    reason: str
    text: str
    score: float | None = None
    input_level: int = 0
    output_level: int = 0
    removed: list[Life] = field(default_factory=list)
    added: list[Life] = field(default_factory=list)
    read_bytes: int | None = 0
    in_entries: int | None = 0
    out_entries: int | None = 0
    duration_us: int = 0
    last_seqno: int | None = None
    user_entries: int = 0  # of the memtables that it flushed
    user_tombstones: int = 0
    user_weight: int | None = 0
    user_bytes: int | None = 0
    state: tuple[int, ...] | None = None


@dataclass(slots=True)
class Stall:
    """A time in which writes were slowed down or stood, as far as the log tells."""

    wall_us: int
    kind: str
    cause: str
    value: int | None
    rate_bytes_per_s: int | None
    text: str
    lines: int = 1
    end_wall_us: int | None = None
