"""Tracebacks that end at the user's own line."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

__all__ = ["without_our_frames"]

_OURS = Path(__file__).parent.parent


def without_our_frames(caught: pytest.ExceptionInfo[Any]) -> pytest.ExceptionInfo[Any]:
    """The same exception without gradcheck's frames at its end, where it is one that gradcheck raises
    on purpose: its message says it all. Everything else stays as it is.
    """
    errors = sys.modules.get("gradcheck.errors")
    if errors is None or not isinstance(caught.value, (errors.UsageError, errors.GradientError)):
        return caught
    frames = []
    trace: TracebackType | None = caught.tb
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    while frames and _is_ours(frames[-1]):
        frames.pop()
    if not frames:
        return caught
    shortened: TracebackType | None = None
    for frame in reversed(frames):
        shortened = TracebackType(shortened, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    error = caught.value.with_traceback(shortened)
    error.__suppress_context__ = True
    return pytest.ExceptionInfo.from_exception(error)


def _is_ours(trace: TracebackType) -> bool:
    file = trace.tb_frame.f_code.co_filename
    return file.startswith("<") or _OURS in Path(file).parents  # "<string>": the __init__ of a dataclass
