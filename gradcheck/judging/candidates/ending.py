"""Runs that come to an end: code that waits for digits which a type does not have would run for ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from gradcheck.errors import Unsupported
from gradcheck.formulas.calling.traced import traced
from gradcheck.formulas.calling.user_lines import is_users

__all__ = ["at_most_lines"]


@contextmanager
def at_most_lines(most: int) -> Iterator[None]:
    """Within it, the user's code raises `Unsupported` once it has run that many lines."""
    left = most

    def ran(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Unsupported(f"code that does not end within {most:,} lines")
        return ran

    def called(frame: FrameType, event: str, arg: Any) -> Any:
        return ran if is_users(frame.f_code.co_filename) else None

    with traced(called):
        yield
