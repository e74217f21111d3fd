"""The claims of a run in another floating-point type than they are declared in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gradcheck.errors import UsageError
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.dtypes import as_dtype, as_grade, check_held

__all__ = ["Twins", "gradients_only"]


@dataclass
class Twins:
    """Claims as they are in a ``dtype`` and by a ``grade``; None leaves what is declared. Claims of one
    formula keep one formula.
    """

    dtype: str | None
    grade: str | None
    _formulas: dict[int, tuple[Declaration, Declaration]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.dtype is not None:
            as_dtype(self.dtype, "--dtype")
        if self.grade is not None:
            as_grade(self.grade, "--grade")

    def of(self, claim: Claim) -> Claim:
        """The claim's twin. Raises `UsageError` where declared values are none of the type."""
        if self.dtype is None and self.grade is None:
            return claim
        formula = claim.formula
        if id(formula) not in self._formulas:
            dtype = formula.dtype if self.dtype is None else as_dtype(self.dtype)
            for name, value in formula.values.items():
                check_held(value, dtype, f"{formula.name}: values[{name!r}]")
            # the formula too, so that its id stays its own
            self._formulas[id(formula)] = formula, formula.in_dtype(dtype, self.grade)
        return replace(claim, formula=self._formulas[id(formula)][1])


def gradients_only(claims: Sequence[Claim], dtype: str | None) -> tuple[tuple[Claim, ...], list[str]]:
    """The claims that can be checked in a type, and sentences on what is left out: rounding is derived for
    gradients alone. Raises `UsageError` where none is left.
    """
    if dtype in (None, "float64"):
        return tuple(claims), []
    kept = tuple(claim for claim in claims if claim.kind.is_backward)
    if claims and not kept:
        raise UsageError(f"--dtype {dtype} is for gradients, and none of these claims is about one.")
    left = len(claims) - len(kept)
    are = "claim is" if left == 1 else "claims are"
    return kept, [f"{left} {are} left out: --dtype {dtype} is for gradients."] if left else []
