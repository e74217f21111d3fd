"""A layer class in one of the styles of teaching code, with its wrong twin and the glue that it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import gradcheck


@dataclass(frozen=True)
class Entry:
    """``right`` and ``wrong`` are what `gradcheck.layer` takes; ``glue`` are its options. ``says`` must be in
    what is said of the wrong one. ``strength`` is the least that the right one passes with.
    """

    name: str
    right: Any
    wrong: Any
    shapes: Mapping[str, Any]
    says: str
    glue: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] | None = None
    strength: str = "certified"
    pair: Callable[..., Any] = gradcheck.layer

    def checked(self, source: Any, max_examples: int) -> gradcheck.Result:
        forward, backward = self.pair(source, **self.glue)
        return gradcheck.verify(forward, backward, self.shapes, values=self.values, max_examples=max_examples)
