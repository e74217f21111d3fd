"""Arguments of a loss that are not differentiated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcheck.adapters.presenting import said
from gradcheck.errors import FormFault, UsageError
from gradcheck.formulas.calling.callables import parameter_names
from gradcheck.formulas.suggestions import did_you_mean

__all__ = ["by_argument", "places_of_labels"]


def by_argument(adapter: str, found: Any, free: Sequence[int], count: int, who: str) -> Any:
    """One gradient for each argument, None for labels. Raises `FormFault`."""
    if isinstance(found, dict):
        return found
    if not isinstance(found, tuple | list):
        found = [found]
    if len(found) == len(free):
        given = dict(zip(free, found, strict=True))
    elif len(found) == count:
        given = {k: found[k] for k in free}
    else:
        raise FormFault(
            f"{adapter}: expected {who} to give {len(free)} gradient{'s' * (len(free) != 1)}, one for each "
            f"argument that is no label, got {len(found)}; name the labels with labels=..."
        )
    return tuple(given.get(k) for k in range(count))


def places_of_labels(adapter: str, f: Callable[..., Any], labels: str | Sequence[str]) -> list[int]:
    """Where they stand among the arguments. Raises `UsageError` for a name that is none of them."""
    names = parameter_names(f)
    if not isinstance(labels, str | tuple | list):
        raise UsageError(
            f"{adapter}: labels is {labels!r}; expected the name of an argument, or a tuple of names."
        )
    given = [labels] if isinstance(labels, str) else list(labels)
    for label in given:
        if label not in names:
            raise UsageError(
                f"{adapter}: labels names {label!r}, but {said(f, 'the loss')} takes "
                f"{', '.join(names) or 'what is not known'}."
                f"{did_you_mean(label, names)}"
            )
    return [names.index(label) for label in given]
