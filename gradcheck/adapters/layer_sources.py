"""What makes a layer for each call of a check, and where its parameters and gradients are."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from gradcheck.adapters.attributes import Place
from gradcheck.adapters.presenting import name_of, parameters_of
from gradcheck.errors import CandidateFault, UsageError

__all__ = ["LayerSource", "Places"]

Places = Sequence[str] | Mapping[str, str]


class LayerSource:
    """A layer to copy, or what makes one; see `gradcheck.layer` for the arguments."""

    def __init__(
        self, source: Any, parameters: Places, gradients: Places | None, methods: tuple[str, str]
    ) -> None:
        self._source, self._methods = source, methods
        self.parameters = _places(parameters, "parameters")
        self._left = self._where_gradients_are(gradients)
        self._template: Any = None
        self.is_class = isinstance(source, type)
        self._type: type | None = source if self.is_class else None  # of the layers, as far as it is known
        if not self.is_class and all(callable(getattr(source, m, None)) for m in methods):
            self._template, self._type = source, type(source)
            self._check_template()
        elif not callable(source):
            raise UsageError(
                f"layer: expected a layer with the methods {methods[0]} and {methods[1]}, or a class or "
                f"function that makes one, got {type(source).__name__}."
            )
        elif self._type is not None:
            for method in methods:
                if not callable(getattr(source, method, None)):
                    raise UsageError(f"layer: the class {source.__name__} has no method {method!r}.")
        self._names = self._names_of_inputs()
        self._wanted = self._wanted_by_the_maker()

    @property
    def name(self) -> str:
        name = self._type.__name__ if self._type is not None else name_of(self._source)
        return "layer" if name == "..." else name

    @property
    def spelled(self) -> str:
        """The source as a reader would write it: the class, a layer of it, or an unnamed function."""
        return self.name if self.is_class else "..." if self._type is None else f"{self.name}(...)"

    @property
    def arguments(self) -> tuple[str, ...]:
        """The pair's arguments: the layer's inputs, then its parameters."""
        return ("*args",) if self._names is None else (*self._names, *self.parameters)

    @property
    def is_made_of_parameters(self) -> bool:
        """Whether one layer serves for other inputs: they are not what it is made of."""
        return set(self._wanted) <= set(self.parameters)

    def has(self, method: str) -> bool:
        """Whether the layers are known to have this method."""
        holder = self._template if self._template is not None else self._type
        return callable(getattr(holder, method, None))

    def inputs(self, args: Sequence[Any]) -> Sequence[Any]:
        return args[: len(args) - len(self.parameters)]

    def knows(self, made: Any) -> bool:
        """Whether `method` gives what belongs to this layer; it does from now on."""
        known = type(made) is self._type
        self._type = type(made)
        return known

    def method(self, name: str) -> Callable[..., Any]:
        """The method as a function of the layer and its arguments."""
        found = inspect.getattr_static(self._type, name, None) if self._type is not None else None
        own = getattr(self._template, "__dict__", {})
        if isinstance(found, FunctionType) and name not in own:
            return found
        return lambda made, *args: getattr(made, name)(*args)

    def shown(self, name: str) -> Callable[..., Any]:
        """Whose source a report shows."""
        holder = self._template if self._template is not None else self._type
        found: Callable[..., Any] = self._source if holder is None else getattr(holder, name)
        return found

    def make(self, args: Sequence[Any]) -> Any:
        """A fresh layer with these parameters, and with its gradients set to zero."""
        if self._template is not None:
            made = copy.deepcopy(self._template)
        else:
            known = dict(zip((*(self._names or ()), *self.parameters), args, strict=False))
            if self._names is None:
                known = dict(zip(self.parameters, args[len(args) - len(self.parameters) :], strict=True))
            made = self._source(**{name: known[name] for name in self._wanted})
        values = args[len(args) - len(self.parameters) :]
        for (label, place), value in zip(self.parameters.items(), values, strict=True):
            place.get(made)  # a misspelt name is an error, not a new attribute
            place.put(made, value)
            left = self._left[label]
            if left is not None and left.has(made) and left.get(made) is not None:
                left.put(made, np.zeros_like(value))
        return made

    def gradients(self, made: Any, returned: Any, inputs: int) -> Any:
        """What backward returned and left behind, as one tuple."""
        count = inputs + len(self.parameters)
        several = isinstance(returned, tuple | list)
        if isinstance(returned, Mapping) or (several and len(returned) == count):
            return returned
        if several and len(returned) != inputs:
            raise CandidateFault(
                "error",
                f"expected {self._methods[1]} to return {inputs} gradient{'s' * (inputs != 1)}, one for each "
                f"input of {self._methods[0]}, got {len(returned)}",
            )
        given = list(returned) if several else [returned][:inputs]
        given += [None] * (inputs - len(given))
        return (*given, *(self._left_behind(made, label) for label in self.parameters))

    def _left_behind(self, made: Any, label: str) -> Any:
        place = self._left[label]
        if place is None:
            raise CandidateFault(
                "error",
                f"where does the layer leave the gradient of {self.parameters[label].text}? Say it with "
                "gradients=(...), one place for each of the parameters",
            )
        try:
            return place.get(made)
        except AttributeError as error:
            raise CandidateFault("error", f"no gradient after {self._methods[1]}: {error}") from None

    def _where_gradients_are(self, gradients: Places | None) -> dict[str, Place | None]:
        if gradients is None:
            return {label: _beside(place) for label, place in self.parameters.items()}
        found = _places(gradients, "gradients")
        labels = list(found) if isinstance(gradients, Mapping) else list(self.parameters)
        if len(found) != len(self.parameters) or set(labels) != set(self.parameters):
            raise UsageError(
                f"layer: expected gradients for the parameters {', '.join(self.parameters) or 'none'}, got "
                f"{', '.join(found) or 'none'}."
            )
        return dict(zip(labels, found.values(), strict=True))

    def _check_template(self) -> None:
        try:
            copied = copy.deepcopy(self._template)
        except Exception as error:
            raise UsageError(
                f"layer: {self._source!r} cannot be copied ({type(error).__name__}: {error}); give a class "
                "or a function that makes one."
            ) from None
        for place in self.parameters.values():
            try:
                place.get(copied)
            except AttributeError as error:
                raise UsageError(f"layer: there is no parameter {error}") from None

    def _names_of_inputs(self) -> tuple[str, ...] | None:
        if self._type is None:
            return None
        names = parameters_of(self.shown(self._methods[0]))
        return None if names is None else tuple(names[self.is_class :])

    def _wanted_by_the_maker(self) -> tuple[str, ...]:
        if self._template is not None:
            return ()
        wanted = parameters_of(self._source) or []
        known = (*(self._names or ()), *self.parameters)
        if strange := [n for n in wanted if n not in known]:
            raise UsageError(
                f"layer: {self.name} needs {strange[0]!r}, but it is called with those of "
                f"{', '.join(known) or 'no arguments'} that it names. Give a layer that is made already, or "
                f"a function that makes one from the arguments, as in lambda W: {self.name}(*W.shape)."
            )
        return tuple(wanted)


def _places(given: Places, what: str) -> dict[str, Place]:
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


def _beside(place: Place) -> Place | None:
    """`dW` for `W`; where the parameter lies in a container, there is no telling."""
    kind, name = place.steps[-1]
    if kind != ".":
        return None
    return Place.parse(place.text[: len(place.text) - len(name)] + f"d{name}")
