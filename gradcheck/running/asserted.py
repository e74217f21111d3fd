"""Who hears of what `gradcheck.assert_correct` finds: the pytest plugin, while a test runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcheck.running.result import Result

__all__ = ["listening", "tell"]

_LISTENER: ContextVar[Callable[[Result], None] | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Callable[[Result], None]) -> Iterator[None]:
    """Have every result of an assertion in this block given to ``listener``, before it raises."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def tell(result: Result) -> None:
    """Give a result to who listens, if anybody does."""
    listener = _LISTENER.get()
    if listener is not None:
        listener(result)
