"""How fast the device below a directory is, past the page cache; `lsmkit.calibrate` asks."""

import errno
import mmap
import os
import shutil
import threading
import time
from collections.abc import Callable
from statistics import median

__all__ = ["steps"]

REQUEST_BYTES = 1 << 20
PAGE_BYTES = 4096
MOST_BYTES = 256 << 20
MOST_FREE_SHARE = 0.25  # of what is free on the device


def steps(directory: str, seconds: float, values: dict[str, float]) -> list[Callable[[], None]]:
    """Measurements to be made in this order; what they find goes into `values`."""
    measured = _Measured(directory, seconds / 4, values)
    return [measured.writes, measured.reads, measured.both, measured.syncs]


class _Measured:
    def __init__(self, directory: str, seconds: float, values: dict[str, float]) -> None:
        self._path = os.path.join(directory, "sequential")
        self._directory = directory
        self._seconds = seconds
        self._values = values
        free = shutil.disk_usage(directory).free
        self._requests = max(4, int(min(MOST_BYTES, MOST_FREE_SHARE * free)) // REQUEST_BYTES)

    def writes(self) -> None:
        """Sequential writes to a new file."""
        self._values["write_bytes_per_s"] = self._rate(self._write(self._path))

    def reads(self) -> None:
        """What was written, in order."""
        self._values["read_bytes_per_s"] = self._rate(self._read())

    def both(self) -> None:
        """Reads of that file and writes to another one, at the same time."""
        rates: list[float] = []
        errors: list[BaseException] = []
        stop = threading.Event()

        def go(move: Callable[[], int]) -> None:
            try:
                rates.append(self._rate(move, stop))
            except OSError as error:
                errors.append(error)

        moves = [self._read(), self._write(self._path + "-too")]
        threads = [threading.Thread(target=go, args=(move,)) for move in moves]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        if errors:
            raise errors[0]
        self._values["transfer_bytes_per_s"] = sum(rates)

    def syncs(self) -> None:
        """A page appended and synced, one after the other."""
        page = bytes(PAGE_BYTES)
        took: list[float] = []
        with open(os.path.join(self._directory, "synced"), "wb", buffering=0) as file:
            end = time.perf_counter() + self._seconds
            while len(took) < 3 or time.perf_counter() < end:
                begin = time.perf_counter()
                file.write(page)
                os.fdatasync(file.fileno())
                took.append(1e6 * (time.perf_counter() - begin))
        self._values["latency_us"] = median(took)

    def _rate(self, move: Callable[[], int], stop: threading.Event | None = None) -> float:
        begin = time.perf_counter()
        moved, passed = 0, 0.0
        while passed < self._seconds and not (stop is not None and stop.is_set()):
            moved += move()
            passed = time.perf_counter() - begin
        return moved / max(passed, 1e-9)

    def _write(self, path: str) -> Callable[[], int]:
        """Each call writes one request more, and from the beginning again at the end."""
        fd, direct = _open(path, os.O_WRONLY | os.O_CREAT)
        buffer = mmap.mmap(-1, REQUEST_BYTES)
        buffer.write(os.urandom(REQUEST_BYTES))
        place = _Place(fd, self._requests)

        def move() -> int:
            done = os.pwrite(fd, buffer, place.next())
            if not direct:
                os.fdatasync(fd)
            return done

        return move

    def _read(self) -> Callable[[], int]:
        fd, direct = _open(self._path, os.O_RDONLY)
        held = max(1, os.fstat(fd).st_size // REQUEST_BYTES)
        buffer = mmap.mmap(-1, REQUEST_BYTES)
        place = _Place(fd, held)

        def move() -> int:
            offset = place.next()
            if not direct:
                os.posix_fadvise(fd, offset, REQUEST_BYTES, os.POSIX_FADV_DONTNEED)
            return os.preadv(fd, [buffer], offset)

        return move


class _Place:
    """Where in a file the next request is; closes the file in the end."""

    def __init__(self, fd: int, requests: int) -> None:
        self._fd = fd
        self._requests = requests
        self._next = 0

    def next(self) -> int:
        offset = self._next % self._requests * REQUEST_BYTES
        self._next += 1
        return offset

    def __del__(self) -> None:
        os.close(self._fd)


def _open(path: str, flags: int) -> tuple[int, bool]:
    """The descriptor, and whether it goes past the page cache."""
    try:
        return os.open(path, flags | os.O_DIRECT, 0o600), True
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):
            raise
    return os.open(path, flags, 0o600), False
