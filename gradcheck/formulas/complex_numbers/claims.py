"""Claims about forwards with complex outputs, as claims about their real and imaginary parts."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gradcheck.errors import UsageError
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.complex_numbers.outputs import OutputForm
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.kinds.jacobian import Jacobian

__all__ = ["in_real_outputs"]


def in_real_outputs(claim: Claim, formula: Declaration, form: OutputForm) -> Claim:
    """A claim as one about ``formula``, its twin with real outputs. Raises `UsageError`."""
    kind, candidate = claim.kind, claim.candidate
    conjugated = formula.complex_convention == "jax"
    if kind.is_backward:
        place = kind.leading.index("delta")

        def changed(*given: Any) -> Any:
            own = list(given)
            own[place] = form.joined(own[place], conjugated=conjugated)
            return candidate(*own)

    elif kind.follows_outputs:

        def changed(*given: Any) -> Any:
            return form.split(candidate(*given))

    elif isinstance(kind, Jacobian) and not form.multiple and kind.takes_complex:
        return replace(claim, formula=formula, kind=replace(kind, complex_output=True))
    else:
        raise UsageError(
            f"{claim.uid}: the output is complex. Claim a vjp or a jvp of it, or this of a forward that "
            "gives its real and its imaginary part."
        )
    return replace(claim, formula=formula, candidate=_like(changed, candidate))


def _like(made: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    functools.update_wrapper(made, function)
    made.__dict__.pop("used_again", None)  # it plays the calls of the code itself
    return made
