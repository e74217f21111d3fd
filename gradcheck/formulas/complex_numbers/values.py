"""What complex arguments may hold, as values of their real and imaginary parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.arithmetic import is_complex
from gradcheck.errors import UsageError, user_code
from gradcheck.formulas.complex_numbers.parts import ComplexParts
from gradcheck.formulas.sizes.shapes import Shapes
from gradcheck.formulas.values import complex_normal, is_strategy

__all__ = ["Part", "Together", "in_parts", "parts_of_value"]


def in_parts(shapes: Shapes, values: Mapping[str, Any]) -> tuple[Shapes, Mapping[str, Any]]:
    """Shapes and values with two real arrays for each complex argument; the same ones where there is none.

    An argument is complex where its values are, or where its shape is declared so already.
    """
    if not isinstance(values, Mapping):  # refused where values are checked
        return shapes, values
    given = shapes.nesting.leaves(values)
    new = [a for a in shapes.arguments if a in given and _holds_complex(given[a], shapes.text(a))]
    if new:
        forms = [ComplexParts(t, t) if a in new else t for a in shapes.arguments for t in [shapes.text(a)]]
        names = shapes.nesting.arguments
        shapes = Shapes.parse(dict(zip(names, shapes.nesting.arranged(forms), strict=True)))
    known = shapes.nesting.complex_leaves
    return (shapes, _of_parts(given, known)) if known else (shapes, values)


def _holds_complex(value: Any, shape: str) -> bool:
    """Whether what an argument may hold is complex: told by an array, or by a small draw."""
    if value is complex_normal:
        return True
    if not callable(value) or is_strategy(value):
        return is_complex(value)
    if getattr(value, "__module__", "").startswith("gradcheck."):
        return False
    sizes = tuple(int(d) if d.isdigit() else 2 for d in shape.split())
    try:
        with user_code:
            return is_complex(np.asarray(value(sizes, np.random.default_rng(0))))
    except Exception:  # what it cannot draw it says where points are drawn
        return False


class Together:
    """One function that draws complex arrays; its real and imaginary parts are of one draw."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw


@dataclass(frozen=True, eq=False)
class Part:
    """The real or the imaginary part of what a function draws."""

    together: Together
    name: str
    sign: int = 1

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        return self.of(self.together.draw(shape, rng))

    def of(self, drawn: Any) -> Any:
        """This part of a draw."""
        return self.sign * np.array(getattr(np.asarray(drawn), self.name))


def _of_parts(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Values by leaf, where ``names`` are the complex arguments."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name not in names:
            found[name] = value
        elif value is complex_normal:
            continue  # any numbers, as for other arguments
        elif is_strategy(value):
            raise UsageError(
                f"values[{name!r}]: a Hypothesis strategy of complex numbers is not available. Give a "
                "function (shape, rng) -> array."
            )
        else:
            found[f"{name}.real"], found[f"{name}.imag"] = parts_of_value(value)
    return found


def parts_of_value(value: Any, *, conjugated: bool = False) -> tuple[Any, Any]:
    """What the real and the imaginary part of something complex may hold."""
    sign = -1 if conjugated else 1
    if callable(value):
        together = Together(value)
        return Part(together, "real"), Part(together, "imag", sign)
    array = np.asarray(value)
    return array.real, sign * array.imag
