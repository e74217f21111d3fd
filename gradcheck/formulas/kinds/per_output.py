"""Results with one part for each output of the forward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcheck.errors import FormFault
from gradcheck.formulas.kinds.kind import Setting
from gradcheck.formulas.quantity import Quantity

__all__ = ["per_output"]


def per_output(
    quantities: Callable[[int], Sequence[Quantity]], setting: Setting, result: Any, parts: str
) -> dict[Quantity, Any]:
    """The result by quantity: whole for one output, one of its ``parts`` for each of several.

    Raises `FormFault` where several are not given as a tuple of as many.
    """
    count = len(setting.outputs)
    if not setting.multiple:
        return {quantities(1)[0]: result}
    if not isinstance(result, tuple | list) or len(result) != count:
        raise FormFault(f"expected a tuple of {count} {parts}")
    return dict(zip(quantities(count), result, strict=True))
