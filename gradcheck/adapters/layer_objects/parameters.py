"""A layer's parameters: put where the layer keeps them, their gradients read from where it leaves them."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.adapters.layer_objects.attributes import Place
from gradcheck.adapters.layer_objects.recording import recorded
from gradcheck.adapters.layer_objects.views import holders_of_the_same
from gradcheck.errors import CandidateFault, Unsupported, UsageError

__all__ = ["Parameters", "Places", "parsed_places"]

Places = Sequence[str] | Mapping[str, str]


class Parameters:
    """Where a layer keeps its parameters, and where it leaves the gradient of each."""

    def __init__(self, parameters: Places, gradients: Places | None) -> None:
        self.places = parsed_places(parameters, "parameters")
        self._said = gradients is not None
        self._left = self._where_gradients_are(gradients)

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def check(self, made: Any) -> None:
        """Raise `AttributeError` where a parameter has no place in a layer and its code makes none."""
        for place in self.places.values():
            if not place.has(made) and not _comes_late(place, made):
                place.get(made)

    def are_made(self, made: Any) -> bool:
        """Whether each of them is there already."""
        return all(place.has(made) and place.get(made) is not None for place in self.places.values())

    def put(self, made: Any, values: Sequence[Any]) -> None:
        """Store the parameters, and set to zero the gradients that the layer holds already."""
        self.check(made)
        seen = self._seen_through_others(made)
        for (label, place), value in zip(self.places.items(), values, strict=True):
            if label in seen:
                _write_into(place.get(made), value, label)
            else:
                place.put(made, value)
            for left in self._left[label]:
                held: Any = left.get(made) if left.has(made) else None
                kind = np.ndarray if isinstance(value, np.ndarray) else type(value)
                if isinstance(held, kind) and held.shape == value.shape and held is not value:
                    held[...] = 0.0  # where it is: parts of a layer may share it
                elif isinstance(held, np.ndarray | float | int):
                    left.put(made, np.zeros_like(value))

    def _seen_through_others(self, made: Any) -> set[str]:
        """Parameters that are views into an array which the layer's code uses too: `theta[:6]` beside `W`."""
        held = {n: p.get(made) for n, p in self.places.items() if p.has(made)}
        views = {n: a for n, a in held.items() if type(a) is np.ndarray and a.base is not None}
        if not views:
            return set()
        spoken = _spoken_of(type(made), but="__init__")
        return {n for n, a in views.items() if holders_of_the_same(made, a, held.values()) & spoken}

    def write(self, made: Any, values: Sequence[Any]) -> None:
        """Write the parameters into the arrays that the layer has; those that are none are stored."""
        for place, value in zip(self.places.values(), values, strict=True):
            held = place.get(made)
            if isinstance(held, np.ndarray) and held.shape == np.shape(value):
                held[...] = value
            else:
                place.put(made, value)

    def are_others(self, made: Any, values: Sequence[Any]) -> bool:
        """Whether others stand in their places by now."""
        held = zip(self.places.values(), values, strict=True)
        return any(not place.has(made) or place.get(made) is not value for place, value in held)

    def gradients(self, made: Any, values: Sequence[Any], backward: str) -> list[Any]:
        """What backward has left behind for each. Raises `CandidateFault`."""
        return [
            self._left_behind(made, label, value, backward)
            for label, value in zip(self.places, values, strict=True)
        ]

    def _left_behind(self, made: Any, label: str, value: Any, backward: str) -> Any:
        places = self._left[label]
        if self._said:
            try:
                return places[0].get(made)
            except AttributeError as error:
                raise CandidateFault("error", f"no gradient after {backward}: {error}") from None
        found = next((p for p in places if p.has(made) and p.get(made) is not None), None)
        if found is not None:
            return found.get(made)
        if (gradient := recorded(made, value)) is not None:
            return gradient
        text = self.places[label].text
        try:
            places[0].get(made)
            missing = f"{places[0].text} is None"
        except AttributeError as error:
            missing = str(error)
        raise CandidateFault(
            "error",
            f"where does the layer leave the gradient of {text}? There is none after {backward}: {missing}. "
            "Say it with gradients=(...), one place for each of the parameters",
        )

    def _where_gradients_are(self, gradients: Places | None) -> dict[str, tuple[Place, ...]]:
        if gradients is None:
            return {label: tuple(_beside(place)) for label, place in self.places.items()}
        found = parsed_places(gradients, "gradients")
        labels = list(found) if isinstance(gradients, Mapping) else list(self.places)
        if len(found) != len(self.places) or set(labels) != set(self.places):
            raise UsageError(
                f"layer: expected gradients for the parameters {', '.join(self.places) or 'none'}, got "
                f"{', '.join(found) or 'none'}."
            )
        return {label: (place,) for label, place in zip(labels, found.values(), strict=True)}


def parsed_places(given: Places, what: str) -> dict[str, Place]:
    """Places by name. Raises `UsageError`."""
    if isinstance(given, str):
        raise UsageError(f"layer: {what} is {given!r}; expected a tuple of names, as in ({given!r},).")
    if isinstance(given, Mapping):
        return {str(label): Place.parse(text) for label, text in given.items()}
    places = [Place.parse(text) for text in given]
    labels = [p.label for p in places]
    if len(set(labels)) != len(labels):
        labels = ["_".join(str(step) for _, step in p.steps) for p in places]
    if len(set(labels)) != len(labels):
        raise UsageError(f"layer: {what} names a place twice: {', '.join(p.text for p in places)}.")
    return dict(zip(labels, places, strict=True))


_OF_ARRAYS = ("data", "value", "values", "array")
"""Where objects that are a parameter hold the array; their gradient is beside it."""
_CONTAINERS = {"params": ("grads",), "parameters": ("gradients", "grads"), "weights": ("gradients", "grads")}


def _beside(place: Place) -> Iterator[Place]:
    """Where the gradient is usually left: `dW` for `W`, `W.grad` for `W.data`, `grads[0]` for `params[0]`."""
    *way, (kind, name) = place.steps
    if kind == ".":
        yield Place.of((*way, (".", f"d{name}")))
        if way and name in _OF_ARRAYS:
            yield Place.of((*way, (".", "grad")))
        for other in (f"grad_{name}", f"{name}_grad", f"grad{name}"):
            yield Place.of((*way, (".", other)))
        for container in ("grads", "gradients"):
            yield Place.of((*way, (".", container), ("[", name)))
    elif way and way[-1][0] == ".":
        container = way[-1][1]
        for other in (*_CONTAINERS.get(container, ()), f"d{container}"):
            yield Place.of((*way[:-1], (".", other), (kind, name)))
        if isinstance(name, str):
            yield Place.of((*way, ("[", f"d{name}")))


def _write_into(held: Any, value: Any, label: str) -> None:
    """Write a parameter where it is. Raises `Unsupported` for what a float array does not hold."""
    if not issubclass(type(value), np.ndarray) or value.shape != held.shape:
        raise Unsupported(f"{label} is a view into an array of numbers, which the layer uses too")
    held[...] = value


def _comes_late(place: Place, made: Any) -> bool:
    """Whether a layer's own code makes a place that is not there yet: it speaks of that name."""
    names = _spoken_of(type(made))
    held = made
    for kind, step in place.steps:
        if not Place.of(((kind, step),)).has(held):
            return step in names or (isinstance(held, dict) and not held) or "setattr" in names
        held = Place.of(((kind, step),)).get(held)
    return False


def _spoken_of(kind: type, but: str = "") -> set[Any]:
    """Attributes and constants in the code of a class and its bases, all ``but`` one method."""
    found: set[Any] = set()
    for one in kind.__mro__[:-1]:
        for value in (v for name, v in vars(one).items() if name != but):
            code = getattr(getattr(value, "__func__", value), "__code__", None)
            if code is not None:
                found |= _of_code(code)
    return found


def _of_code(code: types.CodeType) -> set[Any]:
    found: set[Any] = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= _of_code(constant)
        elif isinstance(constant, str | int):
            found.add(constant)
    return found
