"""Code that is looked at while it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["traced"]


@contextmanager
def traced(called: Callable[[FrameType, str, Any], Any]) -> Iterator[None]:
    """Within it each call of a Python function is told, as `sys.settrace` does; a debugger is put back."""
    before = sys.gettrace()
    sys.settrace(called)
    try:
        yield
    finally:
        sys.settrace(before)
