"""What a derivation of the benchmark is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Derivation"]


@dataclass(frozen=True)
class Derivation:
    """A forward and its backward. ``wrong`` makes one mistake that people make."""

    name: str
    forward: Callable[..., Any]
    right: Callable[..., Any]
    wrong: Callable[..., Any]
    shapes: Mapping[str, str]
    values: Mapping[str, Any] = field(default_factory=dict)
