"""What makes a layer for each call of a check."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from gradcheck.adapters.layer_objects.calls import LayerCalls
from gradcheck.adapters.layer_objects.parameters import Parameters
from gradcheck.adapters.layer_objects.views import copied
from gradcheck.adapters.presenting import name_of, parameters_of
from gradcheck.errors import CandidateFault, FormFault, UsageError
from gradcheck.formulas.suggestions import did_you_mean

__all__ = ["Init", "LayerSource"]

Init = Callable[..., Any] | str


class LayerSource:
    """A layer to copy, or what makes one; see `gradcheck.layer` for the arguments.

    ``calls`` say how it is called. ``is_late`` is whether a layer was seen that makes its parameters in
    its first forward, over what was put there: it then runs once before they are put in.
    """

    def __init__(
        self,
        source: Any,
        parameters: Parameters,
        calls: LayerCalls,
        init: Init | None,
    ) -> None:
        methods = calls.methods
        self._source, self._methods, self._options, self._calls = source, methods, calls.options, calls
        self.parameters, self._init = parameters, _checked_init(init)
        self.is_late = self._flushed = self._has_run = False
        self._template: Any = None
        self.is_class = isinstance(source, type)
        self._type: type | None = source if self.is_class else None  # of the layers, as far as it is known
        if not self.is_class and all(callable(getattr(source, m, None)) for m in methods):
            self._template, self._type = source, type(source)
        elif inspect.ismethod(source) and source.__name__ in methods:
            raise UsageError(
                f"layer: expected a layer, got its method {source.__name__}; give the layer itself, "
                f"layer({type(source.__self__).__name__}(...))."
            )
        elif not callable(source):
            raise UsageError(
                f"layer: expected a layer with the methods {methods[0]} and {methods[1]}, or a class or "
                f"function that makes one, got {type(source).__name__}.{self._methods_like()}"
            )
        elif self.is_class or any(callable(getattr(source, m, None)) for m in methods):
            for method in methods:
                if not callable(getattr(source, method, None)):
                    who = f"the class {source.__name__}" if self.is_class else type(source).__name__
                    raise UsageError(f"layer: {who} has no method {method!r}.{self._methods_like()}")
        self._names = self._names_of_inputs()
        if self._template is not None:
            self._check_template()
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
    def inputs(self) -> tuple[str, ...] | None:
        """The names of forward's inputs, where they are known."""
        return self._names

    @property
    def is_made_of_parameters(self) -> bool:
        """Whether one layer serves for other inputs: they are not what it is made of."""
        return set(self._wanted) <= set(self.parameters) and self._init is None

    def has(self, method: str) -> bool:
        """Whether the layers are known to have this method."""
        holder = self._template if self._template is not None else self._type
        return callable(getattr(holder, method, None))

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
        return lambda made, *args, **options: getattr(made, name)(*args, **options)

    def shown(self, name: str) -> Callable[..., Any]:
        """Whose source a report shows."""
        holder = self._template if self._template is not None else self._type
        found: Callable[..., Any] = self._source if holder is None else getattr(holder, name)
        return found

    def make(self, inputs: Sequence[Any], parameters: Sequence[Any]) -> Any:
        """A fresh layer with these parameters, its gradients set to zero."""
        made = self._made(inputs, parameters)
        if self._init is not None:
            _initialised(self._init, made, inputs)
        if self.is_late:
            plain = [i if isinstance(i, np.ndarray) else np.ones(i.shape) for i in inputs]
            getattr(made, self._methods[0])(*self._calls.given(plain), **self._options)
            self._flushed = self._calls.forget(made)
        self.parameters.put(made, parameters)
        return made

    def is_overwritten(self, made: Any, parameters: Sequence[Any]) -> bool:
        """Whether its forward has made parameters of its own where there were none; `make` minds it then."""
        if self.is_late or not self.parameters.are_others(made, parameters):
            return False
        return self._is_empty_before(parameters)

    def lacks_what_a_forward_makes(self, error: Exception, parameters: Sequence[Any]) -> bool:
        """Whether an attribute is missing because its forward makes everything at once, where there are no
        parameters yet; `make` minds it then.
        """
        return not self.is_late and isinstance(error, AttributeError) and self._is_empty_before(parameters)

    def _is_empty_before(self, parameters: Sequence[Any]) -> bool:
        """Whether a layer has no parameters before its first forward."""
        before = self._made((), parameters) if self._template is not None else None
        self.is_late = before is None or not self.parameters.are_made(before)
        return self.is_late

    def misunderstood(self, made: Any, error: Exception, delta: Any) -> FormFault | None:
        """What may have been meant otherwise where the first backward raises; None for faults of its own."""
        given = delta if isinstance(delta, tuple) else (delta,)
        if self._has_run or not all(isinstance(d, np.ndarray) for d in given):
            return None
        forward, backward = self._methods
        raised = f"layer: {backward} raises {type(error).__name__}: {error}"
        takes_one = len(parameters_of(getattr(made, backward)) or ()) == 1
        if len(given) > 1 and takes_one and isinstance(error, TypeError | ValueError | AttributeError):
            return FormFault(
                f"{raised}. {forward} gives {len(given)} outputs, so it was given a tuple of as many "
                'gradients; where it wants that of one output, say where the layer keeps it, as in output="h"'
            )
        if self._flushed and not isinstance(error, CandidateFault) and "read-only" not in str(error):
            return FormFault(
                f"{raised}, after flush_gradients(), which was called because {self.name} makes its "
                f"parameters in its first {forward} and keeps that. Have them made without one, "
                "init=lambda layer, x: ..., or give a layer that has them"
            )
        return None

    def notice_run(self) -> None:
        """A backward went through: one that raises later does so by itself."""
        self._has_run = True

    def _made(self, inputs: Sequence[Any], parameters: Sequence[Any]) -> Any:
        if self._template is not None:
            return copied(self._template)
        made = self._source(**self._taken(inputs, parameters))
        missing = [m for m in self._methods if not callable(getattr(made, m, None))]
        if missing:
            raise FormFault(
                f"layer: the function gives {_an_object(made)} without a method {missing[0]!r}; expected a "
                f"layer with {self._methods[0]} and {self._methods[1]}"
            )
        return made

    def _taken(self, inputs: Sequence[Any], parameters: Sequence[Any]) -> dict[str, Any]:
        """What the maker is called with: parameters by their names, and inputs by theirs, or in order where
        the layers are not known before.
        """
        known = dict(zip(self.parameters, parameters, strict=True))
        if self._names is not None:
            known = {**dict(zip(self._names, inputs, strict=False)), **known}
        unnamed = [n for n in self._wanted if n not in known]
        if len(unnamed) > len(inputs):
            raise FormFault(
                f"layer: the function that makes the layer takes {', '.join(self._wanted)}, but there "
                f"{'is 1 input' if len(inputs) == 1 else f'are {len(inputs)} inputs'} besides the parameters "
                f"{', '.join(self.parameters) or 'none'}"
            )
        known.update(zip(unnamed, inputs, strict=False))
        return {name: known[name] for name in self._wanted}

    def _check_template(self) -> None:
        try:
            made = copied(self._template)
        except Exception as error:
            raise UsageError(
                f"layer: {self._source!r} cannot be copied ({type(error).__name__}: {error}); give a class "
                "or a function that makes one."
            ) from None
        if self._init is not None:
            return  # which may make them, and needs the inputs
        try:
            self.parameters.check(made)
        except AttributeError as error:
            raise UsageError(f"layer: there is no parameter {error}") from None

    def _names_of_inputs(self) -> tuple[str, ...] | None:
        if self._type is None:
            return None
        forward = self.shown(self._methods[0])
        self._check_options(forward)
        names = parameters_of(forward)
        return None if names is None else tuple(n for n in names[self.is_class :] if n not in self._options)

    def _check_options(self, forward: Callable[..., Any]) -> None:
        try:
            parameters = inspect.signature(forward).parameters
        except (TypeError, ValueError):
            return
        if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            return
        for name in self._options:
            if name not in parameters:
                raise UsageError(
                    f"layer: forward_options has {name!r}, but {self._methods[0]} takes "
                    f"{', '.join(list(parameters)[self.is_class :]) or 'nothing'}."
                    f"{did_you_mean(name, parameters)}"
                )

    def _wanted_by_the_maker(self) -> tuple[str, ...]:
        if self._template is not None:
            return ()
        wanted = parameters_of(self._source) or []
        if self._names is None:
            by_case = {label.lower(): label for label in self.parameters}
            for name in wanted:
                if name not in self.parameters and name.lower() in by_case and len(wanted) > 1:
                    raise UsageError(
                        f"layer: the function that makes the layer takes {name!r}, which is no parameter; "
                        f"did you mean {by_case[name.lower()]!r}?"
                    )
            return tuple(wanted)
        known = (*self._names, *self.parameters)
        if strange := [n for n in wanted if n not in known]:
            raise UsageError(
                f"layer: {self.name} needs {strange[0]!r}, but it is called with those of "
                f"{', '.join(known) or 'no arguments'} that it names. Give a layer that is made already, or "
                f"a function that makes one from the arguments, as in lambda W: {self.name}(*W.shape)."
            )
        return tuple(wanted)

    def _methods_like(self) -> str:
        """What the source has instead of the methods, and how to say it."""
        lacks = [m for m in self._methods if not callable(getattr(self._source, m, None))]
        kind = self._source if self.is_class else type(self._source)
        if lacks == [self._methods[0]] and isinstance(
            inspect.getattr_static(kind, "__call__", None), FunctionType
        ):
            return ' It has __call__: say forward="__call__".'
        if any(callable(getattr(self._source, m, None)) for m in self._methods):
            missing = next(m for m in self._methods if not callable(getattr(self._source, m, None)))
            role = ("forward", "backward")[self._methods.index(missing)]
            own = [
                n for n in dir(self._source) if not n.startswith("_") and callable(getattr(self._source, n))
            ]
            return f' It has {", ".join(own)}: name the right one with {role}="...".'
        pairs = (("forward_pass", "backward_pass"), ("__call__", "backward"), ("forward", "grad"))
        for forward, backward in pairs:
            if callable(getattr(self._source, forward, None)) and callable(
                getattr(self._source, backward, None)
            ):
                return f' It has {forward} and {backward}: say forward="{forward}", backward="{backward}".'
        return ""


def _checked_init(init: Init | None) -> Init | None:
    if init is not None and not isinstance(init, str) and not callable(init):
        raise UsageError(
            f"layer: init is {init!r}; expected a function of the layer and its inputs, as in "
            "init=lambda layer, x: layer.build(x.shape), or the name of a method."
        )
    return init


def _initialised(init: Init, made: Any, inputs: Sequence[Any]) -> None:
    """Call what makes the layer ready with the layer and as many of the inputs as it takes."""
    if isinstance(init, str):
        if not callable(getattr(made, init, None)):
            raise FormFault(
                f"layer: init is {init!r}, but {type(made).__name__} has no such method."
                f"{did_you_mean(init, [n for n in dir(made) if not n.startswith('_')])}"
            )
        ready = getattr(made, init)
    else:
        ready = functools.partial(init, made)
    names = parameters_of(ready)
    ready(*(inputs if names is None else inputs[: len(names)]))


def _an_object(made: Any) -> str:
    return "None" if made is None else f"an object of {type(made).__name__}"
