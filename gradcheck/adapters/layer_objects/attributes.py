"""Where a layer keeps an array: `W`, `params['W1']`, `params[0]`, `attention.query.W`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.errors import UsageError

__all__ = ["Place"]

_STEP = re.compile(
    r"\.?(?P<name>[^\W\d]\w*)|\[\s*(?:'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\"|(?P<at>-?\d+))\s*\]"
)


@dataclass(frozen=True)
class Place:
    """A way from an object to something that it holds: attribute names and keys, in order.

    ``steps`` are `(".", name)` and `("[", key)`.
    """

    text: str
    steps: tuple[tuple[str, Any], ...]

    @classmethod
    def parse(cls, text: str) -> Place:
        """Raises `UsageError` for a text that is no such way."""
        steps: list[tuple[str, Any]] = []
        position = 0
        while isinstance(text, str) and position < len(text):
            match = _STEP.match(text, position)
            if match is None or (not steps and text.startswith((".", "["))):
                break
            position = match.end()
            if match["name"] is not None:
                steps.append((".", match["name"]))
            else:
                key = next((match[k] for k in ("single", "double") if match[k] is not None), None)
                steps.append(("[", int(match["at"]) if key is None else key))
        if not steps or position < len(text):
            raise UsageError(
                f"layer: {text!r} is no place in a layer; expected an attribute like 'W', 'params[\"W\"]', "
                "'params[0]' or 'query.W'."
            )
        return cls(text, tuple(steps))

    @classmethod
    def of(cls, steps: Sequence[tuple[str, Any]]) -> Place:
        """The place that these steps lead to."""
        text = "".join(f".{step}" if kind == "." else f"[{step!r}]" for kind, step in steps)
        return cls(text.removeprefix("."), tuple(steps))

    @property
    def label(self) -> str:
        """A name for what is there: the last key or attribute that is a name, else all steps."""
        last = self.steps[-1][1]
        if isinstance(last, str) and last.isidentifier():
            return last
        return "_".join(str(step) for _, step in self.steps)

    def get(self, held: Any) -> Any:
        """What is there. Raises `AttributeError` that says what there is instead."""
        for kind, step in self.steps:
            held = self._taken(held, kind, step)
        return held

    def has(self, held: Any) -> bool:
        try:
            for kind, step in self.steps:
                held = getattr(held, step) if kind == "." else held[step]
        except _MISSING:
            return False
        return True

    def put(self, held: Any, value: Any) -> None:
        """Store a value there; a dict that is not there yet is made. Raises `AttributeError`."""
        for (kind, step), (then, key) in zip(self.steps, self.steps[1:], strict=False):
            if kind == "." and then == "[" and isinstance(key, str) and getattr(held, step, None) is None:
                setattr(held, step, {})
            held = self._taken(held, kind, step)
        kind, step = self.steps[-1]
        if kind == "." or isinstance(held, tuple):
            if kind == "[":
                raise AttributeError(f"cannot store {self.text} of the layer: it lies in a tuple")
            setattr(held, step, value)
        else:
            held[step] = value

    def _taken(self, held: Any, kind: str, step: Any) -> Any:
        try:
            return getattr(held, step) if kind == "." else held[step]
        except _MISSING:
            known = _names_in(held, kind)
            by_lower = {k.lower(): k for k in known}
            near = difflib.get_close_matches(str(step).lower(), by_lower, n=1, cutoff=0.5)
            hint = f"did you mean {by_lower[near[0]]!r}?" if near else f"it has {', '.join(known) or 'none'}"
            what = "attribute" if kind == "." else "entry"
            raise AttributeError(
                f"{self.text}: {type(held).__name__} has no {what} {step!r}; {hint}"
            ) from None


_MISSING = (AttributeError, KeyError, IndexError, TypeError)


def _names_in(held: Any, kind: str) -> list[str]:
    if kind == ".":
        return sorted(n for n in getattr(held, "__dict__", {}) if not n.startswith("_"))
    if isinstance(held, dict):
        return [str(k) for k in held]
    return [str(k) for k in range(len(held))] if isinstance(held, list | tuple) else []
