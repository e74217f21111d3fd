"""How a layer's two methods are called, and where what they compute is found."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from gradcheck.adapters.layer_objects.attributes import Place
from gradcheck.adapters.presenting import parameters_of
from gradcheck.errors import CandidateFault, FormFault, UsageError
from gradcheck.formulas.nested.nesting import parts_of

__all__ = ["LayerCalls"]


class LayerCalls:
    """What `gradcheck.layer` is told about forward and backward.

    ``writes`` is whether a backward was seen that writes into the delta that it is given: from then on it
    gets a copy.
    """

    def __init__(
        self,
        methods: tuple[str, str],
        options: Mapping[str, Any] | None,
        inputs: str | None,
        output: str | None,
        input_gradients: str | Sequence[str] | None,
        seed: int | None,
    ) -> None:
        self.methods = methods
        self.options = _checked_options(options)
        self.listed = _checked_form(inputs)
        self._output = None if output is None else Place.parse(output)
        self._gradients = _parsed(input_gradients)
        self._seed = _checked_seed(seed)
        self.writes = False

    @contextmanager
    def seeded(self) -> Iterator[None]:
        """NumPy's own random numbers from the start of the seed; those of the process go on afterwards."""
        if self._seed is None:
            yield
            return
        before = np.random.get_state()  # noqa: NPY002  (the layers' own generator)
        np.random.seed(self._seed)  # noqa: NPY002
        try:
            yield
        finally:
            np.random.set_state(before)  # noqa: NPY002

    def forget(self, made: Any) -> bool:
        """Have a layer that keeps all forwards in lists, until it is told, start anew. Whether it does so."""
        flush = getattr(made, "flush_gradients", None)
        if not callable(flush) or not _holds_lists(made):
            return False
        flush()
        return True

    def given(self, inputs: Sequence[Any]) -> Sequence[Any]:
        """The inputs as forward takes them."""
        return inputs if self.listed is None else [self.listed(inputs)]

    def outputs(self, made: Any, returned: Any) -> Any:
        """The layer's output. Raises `FormFault` where there is none."""
        if self._output is not None:
            try:
                return self._output.get(made)
            except AttributeError as error:
                raise FormFault(f"no output after {self.methods[0]}: {error}") from None
        if returned is None:
            raise FormFault(
                f"{self.methods[0]} returns None: is a return missing? Where it leaves its output in an "
                f'attribute, say which: gradcheck.layer(..., output="{_likely(made, _OUTPUTS)}")'
            )
        return returned

    def lent(self, delta: Any) -> Any:
        """Delta as backward gets it: not to be written into, or a copy where it is known to write."""
        if isinstance(delta, tuple):
            return tuple(self.lent(d) for d in delta)
        if self.writes:
            return delta.copy() if hasattr(delta, "copy") else delta
        if not issubclass(type(delta), np.ndarray):  # symbols answer isinstance as arrays do
            return delta
        locked = delta.view()
        locked.flags.writeable = False
        return locked

    def notice_writing(self, error: Exception) -> bool:
        """Whether the error is that of writing into what is lent; a copy is lent from now on."""
        if self.writes or not isinstance(error, ValueError) or "read-only" not in str(error):
            return False
        self.writes = True
        return True

    def backward(self, method: Callable[..., Any], made: Any, delta: Any) -> Any:
        """What backward returns. Several deltas are given one by one, unless it takes one thing alone."""
        if self.writes:
            warnings.warn(
                f"{self.methods[1]} writes into the gradient that it is given; it was judged on a copy",
                stacklevel=2,
            )
        own = getattr(made, self.methods[1])
        names = parameters_of(own)
        self._check_backward(own, names, len(delta) if isinstance(delta, tuple) else 1)
        if not isinstance(delta, tuple):
            return method(made, delta)
        return method(made, delta) if names is not None and len(names) == 1 else method(made, *delta)

    def _check_backward(self, own: Any, names: Sequence[str] | None, outputs: int) -> None:
        """Raise `FormFault` where backward cannot be called with the gradients of the outputs alone."""
        forward, backward = self.methods
        if names == [] and not inspect.signature(own).parameters:
            raise FormFault(
                f"layer: {backward}() takes no gradient of the output. For a loss: "
                f"gradcheck.loss(layer.{forward}, layer.{backward}, labels=...); for an activation: "
                f"gradcheck.elementwise(layer.{forward}, layer.{backward})"
            )
        if names is not None and len(names) > outputs:
            raise FormFault(
                f"layer: {backward}({', '.join(names)}) takes more than the gradient"
                f"{' of the output' if outputs == 1 else f's of {outputs} outputs'}, and is called with "
                f"{'it' if outputs == 1 else 'them'} alone. Write the pair yourself: "
                f"verify(lambda x: layer.{forward}(x), lambda delta, x: layer.{backward}(delta, ...))"
            )

    def gradients(
        self, made: Any, returned: Any, inputs: Sequence[Any], parameters: int
    ) -> tuple[list[Any] | None, Any]:
        """The gradients of the inputs; or None and everything, where backward returns all gradients."""
        if self._gradients is not None:
            return self._left_behind(made, len(inputs)), None
        if returned is None and parameters and all(map(_is_of_integers, inputs)):
            return [None] * len(inputs), None  # indices have no gradient
        if returned is None:
            raise FormFault(
                f"{self.methods[1]} returns None: is a return missing? Where it leaves the gradient of its "
                "input in an attribute, say which: "
                f'gradcheck.layer(..., input_gradients="{_likely(made, _GRADIENTS)}")'
            )
        several = isinstance(returned, tuple | list)
        with_parameters = bool(parameters) and several and len(returned) == len(inputs) + parameters
        nested = len(inputs) == 1 and self.listed is None and _is_container(inputs[0])
        if nested and several and not (with_parameters and _is_container(returned[0])):
            return [returned], None
        if isinstance(returned, Mapping) or (several and len(returned) == len(inputs) + parameters):
            return None, returned
        if several and len(returned) != len(inputs):
            raise CandidateFault(
                "error",
                f"expected {self.methods[1]} to return {len(inputs)} gradient{'s' * (len(inputs) != 1)}, one "
                f"for each input of {self.methods[0]}, got {len(returned)}",
            )
        given = list(returned) if several else [returned][: len(inputs)]
        return [*given, *[None] * (len(inputs) - len(given))], None

    def _left_behind(self, made: Any, inputs: int) -> list[Any]:
        assert self._gradients is not None
        found = []
        for place in self._gradients:
            try:
                found.append(place.get(made))
            except AttributeError as error:
                raise FormFault(f"no gradient of the input after {self.methods[1]}: {error}") from None
        if len(found) == 1 and inputs > 1 and isinstance(found[0], tuple | list):
            found = list(found[0])
        if len(found) != inputs:
            raise FormFault(
                f"input_gradients gives {len(found)} gradient{'s' * (len(found) != 1)} for {inputs} inputs "
                f"of {self.methods[0]}; name one place for each, as in input_gradients=(...)"
            )
        return found


_OUTPUTS = ("output", "out", "outputs", "y", "a", "z")
_GRADIENTS = ("dinputs", "dinput", "dx", "dX", "grad_input", "gradInput")


def _likely(made: Any, names: Sequence[str]) -> str:
    """The name of an attribute that the layer has and that is usual for this; the most usual else."""
    return next((n for n in names if hasattr(made, n)), names[0])


def _holds_lists(made: Any) -> bool:
    """Whether an attribute is a list with something in it, or a dict with such lists."""
    held = [*vars(made).values()] if hasattr(made, "__dict__") else []
    lists = [p for value in held for p in (value.values() if isinstance(value, dict) else [value])]
    return any(isinstance(part, list) and part for part in lists)


def _is_of_integers(value: Any) -> bool:
    return getattr(getattr(value, "dtype", None), "kind", "f") in "iub"


def _is_container(value: Any) -> bool:
    return not hasattr(type(value), "__array_ufunc__") and parts_of(value) is not None


def _parsed(input_gradients: str | Sequence[str] | None) -> tuple[Place, ...] | None:
    if input_gradients is None:
        return None
    texts = (input_gradients,) if isinstance(input_gradients, str) else tuple(input_gradients)
    return tuple(Place.parse(text) for text in texts)


def _checked_options(options: Mapping[str, Any] | None) -> dict[str, Any]:
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        raise UsageError(
            f"layer: forward_options is {options!r}; expected a dict of keywords, as in "
            'forward_options={"training": True}.'
        )
    return dict(options)


def _checked_form(inputs: str | None) -> type | None:
    forms: dict[str | None, type | None] = {None: None, "list": list, "tuple": tuple}
    if inputs not in forms:
        raise UsageError(
            f'layer: inputs is {inputs!r}; expected "list" or "tuple", where forward takes its inputs as '
            "one list or tuple."
        )
    return forms[inputs]


def _checked_seed(seed: int | None) -> int | None:
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0):
        raise UsageError(
            f"layer: seed is {seed!r}; expected a whole number from 0 on, for numpy.random.seed."
        )
    return seed
