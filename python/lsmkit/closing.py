"""`ClosesItself`: what a `with` block does to everything that has a `close()`; asyncio's twin."""

from abc import abstractmethod
from types import TracebackType
from typing import Self

__all__ = ["AsyncClosesItself", "ClosesItself"]


class ClosesItself:
    """A context manager that is closed when its block ends, whatever ended it."""

    __slots__ = ()

    @abstractmethod
    def close(self) -> None:
        """Let go of it. Idempotent."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncClosesItself:
    """As `ClosesItself`, of an ``async with`` block."""

    __slots__ = ()

    @abstractmethod
    async def close(self) -> None:
        """Let go of it. Idempotent."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
