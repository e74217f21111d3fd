"""Finding the backends that are installed, and choosing among them."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from gradcheck.backend import Backend, Traits
from gradcheck.errors import UsageError

__all__ = ["GROUP", "Found", "choose", "discover", "registered"]

GROUP = "gradcheck.backends"
_ORDER = ("symbolic", "finite_difference", "autodiff")
"""How ours are listed. It is known before any is loaded, since names are listed without. Whom to ask is
decided by their traits."""


@dataclass(frozen=True)
class Found:
    """A backend's entry point as this installation has it; ``backend`` is None where it is broken."""

    name: str
    backend: Backend | None
    version: str | None = None
    reason: str | None = None

    @property
    def traits(self) -> Traits:
        """What the core may count on."""
        traits: Traits = getattr(self.backend, "traits", Traits())
        return traits


def registered() -> dict[str, EntryPoint]:
    """The entry points of all backends by name, ours first; none of them is loaded."""
    points = {point.name: point for point in _installed(entry_points, _import_path())}
    order = sorted(points, key=lambda n: (_ORDER.index(n) if n in _ORDER else len(_ORDER), n))
    return {name: points[name] for name in order}


@lru_cache(maxsize=1)
def _installed(find: Callable[..., Any], path: tuple[tuple[str, float], ...]) -> tuple[EntryPoint, ...]:
    """What stands in the metadata of everything on the import ``path``, read again where that has changed."""
    return tuple(find(group=GROUP))


def _import_path() -> tuple[tuple[str, float], ...]:
    found = []
    for folder in sys.path:
        changed = 0.0
        with suppress(OSError):
            changed = Path(folder or os.curdir).stat().st_mtime
        found.append((folder or os.curdir, changed))
    return tuple(found)


def discover() -> list[Found]:
    """Every registered backend, ours first, each loaded or with the reason why it is not."""
    points = registered()
    found = []
    for name in points:
        backend: Backend | None = None
        try:
            backend = points[name].load()
            found.append(_checked(Found(name, backend, backend.version())))
        except Exception as error:
            hint = f"; install it with: {backend.install}" if backend is not None else ""
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            found.append(Found(name, None, None, f"{reason}{hint}"))
    return found


def _checked(found: Found) -> Found:
    if not isinstance(found.traits, Traits):
        raise TypeError(f"its traits must be a gradcheck.backend.Traits, not {found.traits!r}")
    return found


def choose(names: Sequence[str] | None) -> list[Found]:
    """The backends that a run uses: all of them, or those named.

    Raises `UsageError` for an unknown name (with the nearest known ones) and for a backend that was
    asked for by name and cannot be used.
    """
    found = discover()
    if names is None:
        if not found:
            raise UsageError(
                "no backend is registered: the installation is broken. Install gradcheck again with pip."
            )
        return found
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise UsageError(
            f"backends: expected a list of names, as in [{found[0].name!r}], got {names!r}; None stands for "
            "all that are installed."
        )
    names = list(names)
    if not names:
        raise UsageError("backends: the list is empty; leave it out to use all that are installed.")
    known = {f.name: f for f in found}
    chosen = []
    for name in dict.fromkeys(names):
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.4)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"unknown backend {name!r}; there are {', '.join(known)}.{hint}")
        if known[name].backend is None:
            raise UsageError(f"the backend {name!r} cannot be used: {known[name].reason}")
        chosen.append(known[name])
    return chosen
