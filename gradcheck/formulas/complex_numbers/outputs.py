"""Complex outputs: to the engine two real outputs each, to the user's own functions one complex array.

Whether an output is complex is seen when the forward runs. A claim about such a forward is then made one
about a forward of real outputs: delta goes to the code as one complex array, and what has a part for each
output comes back from it as two real ones.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.arithmetic import is_complex
from gradcheck.errors import FormFault, UsageError
from gradcheck.formulas.complex_numbers.parts import ComplexParts, joined_parts
from gradcheck.formulas.complex_numbers.values import parts_of_value
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.values import Values, complex_normal

__all__ = ["OutputForm", "delta_in_parts", "with_real_outputs"]


@dataclass(frozen=True)
class OutputForm:
    """Which of a forward's outputs are complex; ``multiple``: it returns a tuple of them."""

    complex: tuple[bool, ...]
    multiple: bool

    @classmethod
    def of(cls, result: Any) -> OutputForm | None:
        """The form of a result; None where nothing is complex."""
        multiple = isinstance(result, tuple | list)
        found = tuple(map(is_complex, result if multiple else [result]))
        return cls(found, multiple) if any(found) else None

    @property
    def names(self) -> tuple[str, ...]:
        """What each of the real deltas is called."""
        found = []
        for k, is_pair in enumerate(self.complex):
            name = f"delta[{k}]" if self.multiple else "delta"
            found += [f"{name}.real", f"{name}.imag"] if is_pair else [name]
        return tuple(found)

    @property
    def complex_names(self) -> tuple[str, ...]:
        """What the complex deltas are called."""
        return tuple(n.removesuffix(".real") for n in self.names if n.endswith(".real"))

    def signs(self, convention: str) -> tuple[int, ...]:
        """The sign of each delta of a real output in what the code calls delta."""
        return tuple(-1 if convention == "jax" and name.endswith(".imag") else 1 for name in self.names)

    def conjugated(self, deltas: Sequence[Any], convention: str) -> tuple[Any, ...]:
        """Deltas of the real outputs as parts of what the code calls delta, or back again."""
        pairs = zip(deltas, self.signs(convention), strict=True)
        return tuple(-d if sign < 0 else d for d, sign in pairs)

    def split(self, result: Any, *, conjugated: bool = False) -> tuple[Any, ...]:
        """What there is for each output as what there is for each real one. Raises `FormFault`."""
        given = result if self.multiple else [result]
        if not isinstance(given, tuple | list) or len(given) != len(self.complex):
            raise FormFault(f"expected a tuple of {len(self.complex)} arrays, one for each output")
        found: list[Any] = []
        for is_pair, part in zip(self.complex, given, strict=True):
            if is_pair:
                both = ComplexParts.of(part, conjugated=conjugated)
                found += [both.real, both.imag]
            else:
                found.append(part)
        return tuple(found)

    def joined(self, deltas: Sequence[Any], *, conjugated: bool = False) -> Any:
        """The deltas of the real outputs as those of the forward's own."""
        left = iter(deltas)
        found = [
            joined_parts(next(left), next(left), conjugated=conjugated) if is_pair else next(left)
            for is_pair in self.complex
        ]
        return tuple(found) if self.multiple else found[0]


def with_real_outputs(formula: Declaration, form: OutputForm) -> Declaration:
    """The same declaration, of a forward that gives the real and imaginary parts of its outputs."""
    function = formula.function

    def in_parts(*args: Any) -> Any:
        return form.split(function(*args))

    functools.update_wrapper(in_parts, function)
    twin = copy.copy(formula)
    twin.__dict__.update(function=in_parts, outputs=form)  # the fields are frozen
    return twin


def delta_in_parts(delta: Values | None, form: OutputForm, convention: str) -> Values | None:
    """What delta is declared to hold, for each real output. Raises `UsageError` for another count."""
    if delta is None:
        return None
    given = delta if form.multiple and isinstance(delta, tuple) else (delta,)
    if len(given) != len(form.complex):
        raise UsageError(f"delta: the forward has {len(form.complex)} outputs, but {len(given)} were given.")
    found: list[Any] = []
    for is_pair, one in zip(form.complex, given, strict=True):
        if not is_pair:
            found.append(one)
        elif one is None or one is complex_normal:
            found += [None, None]
        else:
            found += parts_of_value(one, conjugated=convention == "jax")
    return tuple(found)
