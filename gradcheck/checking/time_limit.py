"""A limit on the time that one claim may take, which cuts in wherever the thread is.

Verdicts depend on counted work, never on seconds. Whoever asks for a limit gets one all the same, so a claim
that is cut says so, and is never a pass.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["Clock", "TimeUp"]

T = TypeVar("T")

_AGAIN = 0.5
"""Seconds after which a thread is told again: user code may catch whatever is raised in it."""


class TimeUp(KeyboardInterrupt):
    """The time for a claim is over. As Ctrl-C does, it passes whatever catches what user code raises."""


class Clock:
    """Raises `TimeUp` in the thread of `run` once its time is over, and at its end; None is no limit.

    A call of C code is not interrupted; it is cut when it returns. ``found`` holds what was finished in time.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.found: list[Any] = []
        self._end = float("inf")
        self._over = threading.Event()
        self._lock = threading.Lock()

    @property
    def expired(self) -> bool:
        return time.monotonic() >= self._end

    def keep(self, found: Any) -> None:
        """Add what was found in time. Raises `TimeUp` if it was not: user code may have caught that."""
        if self.expired:
            raise TimeUp
        self.found.append(found)

    def run(self, work: Callable[[], T]) -> T:
        """What ``work`` returns. Raises `TimeUp` if it was not done in time, whatever it did then."""
        if self.seconds is None:
            return work()
        try:
            try:
                self._start(self.seconds)
                found = work()
            finally:
                self._stop()
        except TimeUp:
            self._stop()  # once more: it may be the first call of it that was cut
            raise
        except Exception as error:
            if self.expired:
                raise TimeUp from error
            raise
        if self.expired:
            raise TimeUp
        return found

    def _start(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        arguments = (threading.get_ident(), seconds)
        threading.Thread(target=self._watch, args=arguments, daemon=True).start()

    def _stop(self) -> None:
        with self._lock:  # from here on nothing more is sent
            self._over.set()
        for _ in range(2):  # and what was sent is raised here, where a loop turns, and not later
            pass

    def _watch(self, thread: int, seconds: float) -> None:
        while not self._over.wait(seconds):
            with self._lock:
                if not self._over.is_set():
                    _raise_in(thread, TimeUp)
            seconds = _AGAIN


def _raise_in(thread: int, kind: type[BaseException]) -> None:
    """Have a thread raise an exception before its next instruction.

    It is never taken back: CPython 3.11 then runs in circles at the next call, where calls are traced.
    """
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(kind))
