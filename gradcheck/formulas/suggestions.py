"""Small helps for messages: the name that was meant, and a value that is not too long to show."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["did_you_mean", "named", "short"]


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """`" Did you mean 'n'?"` for the nearest known name, or nothing."""
    folded = {str(k).casefold(): k for k in reversed(list(known))}
    near = difflib.get_close_matches(str(name).casefold(), list(folded), n=1, cutoff=0.4)
    return f" Did you mean {folded[near[0]]!r}?" if near else ""


def short(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:77]}..."


def named(value: object) -> str:
    """A function by its name, of which Python tells its address; any other value as it is."""
    name = getattr(value, "__name__", "")
    return f"the function {name}" if callable(value) and name.isidentifier() else short(value)
