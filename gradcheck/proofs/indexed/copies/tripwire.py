"""Code of the user's that runs on symbols and is no copy: a method of an object, a function in a table.

In a copy every name has a known meaning. Where code can reach other code than that, each call is looked
at while it runs, and a run that enters such code is refused.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType
from typing import Any

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.copies.modules import origin

__all__ = ["Tripwire"]


class Tripwire:
    """Looks at calls from `set` on, until `drop`; whoever looked before looks again then."""

    def __init__(self, space: Space, scopes: type) -> None:
        self.space, self.scopes = space, scopes
        self._before: Any = None
        self._is_set = False

    def set(self) -> None:
        """Look at every call from now on."""
        if not self._is_set:
            self._is_set, self._before = True, sys.getprofile()
            self.space.algebra = self.away
            sys.setprofile(self._look)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Look at no calls within: they are ours, and reach no code of the user's."""
        looking = self._is_set and sys.getprofile() == self._look
        if looking:
            sys.setprofile(None)
        try:
            yield
        finally:
            if looking and self._is_set:
                sys.setprofile(self._look)

    def drop(self) -> None:
        """Look no more."""
        if self._is_set:
            sys.setprofile(self._before)
            self.space.algebra = nullcontext
            self._is_set = False

    def _look(self, frame: FrameType, event: str, _: Any) -> None:
        if event != "call" or type(frame.f_globals) is self.scopes:
            return
        name = frame.f_globals.get("__name__")
        if origin(name) == "own":
            called = frame.f_code.co_qualname
            self.space.refused(Unsupported(f"{called} runs as it is, and may tell symbols from numbers"))
