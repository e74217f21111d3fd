"""Writes docs/low-precision-table.md: backward passes of layers in float16 and bfloat16, judged.

python docs/generate_low_precision.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from gradcheck.catalogue.layers import formulas  # noqa: E402
from gradcheck.checking.claim_check import Outcome, check_claim  # noqa: E402
from gradcheck.formulas.claim import Claim  # noqa: E402
from gradcheck.formulas.dtypes import NAMED  # noqa: E402
from gradcheck.formulas.kinds import Vjp  # noqa: E402
from tests.layer_catalogue.mistakes import MISTAKES  # noqa: E402
from tests.low_precision.candidates import inside, kernel, times  # noqa: E402

LAYERS = (
    "dense",
    "layer_norm",
    "rms_norm",
    "softmax",
    "cross_entropy",
    "gelu_tanh",
    "silu",
    "swiglu",
    "rotary",
)

CLOSE = {"float16": (1e-3, 1e-5), "bfloat16": (1.6e-2, 1e-5)}
"""rtol and atol that `torch.testing.assert_close` takes by default, from its documentation."""

HEAD = """# Low precision: what is told from rounding

Backward passes of layers in float16 and bfloat16, judged by gradcheck, each as a kernel of which nothing
but its numbers is seen. *inside* computes in float32 and rounds once; *throughout* is NumPy's own arithmetic
in the type; the others are wrong by a factor, or by a mistake that is usual for the layer. Beside the
verdict stands the strictest grade that is met (see [low precision](low-precision.md)), and what
`torch.testing.assert_close` would say of the same numbers against the right ones with its default tolerances.

A candidate that passes with `grade` left out can still fail where it claims more: what is off by 0.1 %, or
in bfloat16 a term of a few per cent, cannot be told from rounding in every operation of a kernel, and shows
against rounding once. `nox -s low_precision` makes the page.
"""


def candidates(
    vjp: Callable[..., Any], wrong: Callable[..., Any]
) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Ways to compute one backward pass, and what each is called."""
    yield "inside", inside(vjp)
    yield "throughout", kernel(vjp)
    yield "times 1.1", times(vjp, 1.1)
    yield "times 1.01", times(vjp, 1.01)
    yield "times 1.001", times(vjp, 1.001)
    yield "usual mistake", inside(wrong)


def judged(formula: Any, backward: Callable[..., Any], dtype: str, grade: str = "throughout") -> Outcome:
    twin = formula.in_dtype(NAMED[dtype])
    twin.__dict__["grade"] = grade
    claim = Claim(twin, Vjp(), backward)
    return check_claim(claim, max_examples=6, backends=["autodiff"])


def close(outcome: Outcome, dtype: str) -> bool:
    """What `assert_close` says at all points."""
    rtol, atol = CLOSE[dtype]
    for result in outcome.results:
        if result.measured is None or result.stated is None:
            continue
        for quantity, value in result.stated.values.items():
            right = result.measured.right[quantity]
            if not np.allclose(value, right, rtol=rtol, atol=atol):
                return False
    return True


def lines() -> Iterator[str]:
    known = {f.name: f for f in formulas()}
    for dtype in ("float16", "bfloat16"):
        yield f"\n## {dtype}\n"
        yield "| layer | candidate | verdict | grade met | assert_close |"
        yield "|---|---|---|---|---|"
        for name in LAYERS:
            formula = known[name]
            wrong = next(iter(MISTAKES[name].values()))
            for word, backward in candidates(formula.claims[0].candidate, wrong):
                outcome = judged(formula, backward, dtype)
                found = outcome.row.accuracy
                met = next((g.name for g in found.grades if g.met), "none") if found else "none"
                said = "passes" if close(outcome, dtype) else "fails"
                yield f"| {name} | {word} | {outcome.row.verdict} | {met} | {said} |"
                print(dtype, name, word, outcome.row.verdict, met, said, flush=True)


if __name__ == "__main__":
    (HERE / "low-precision-table.md").write_text(HEAD + "\n".join(lines()) + "\n", encoding="utf-8")
