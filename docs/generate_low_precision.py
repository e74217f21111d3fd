"""Writes docs/low-precision-table.md: backward passes of layers in low precision, judged.

python docs/generate_low_precision.py [LAYER ...] [--everywhere]

Layers by name, all twenty where none is given. ``--everywhere`` takes all of them in bfloat16 and float32
too: half a minute of CPU for a layer, ten minutes for all.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from gradcheck.catalogue.layers import formulas  # noqa: E402
from gradcheck.catalogue.layers.mistakes import MISTAKES  # noqa: E402
from gradcheck.checking.claim_check import Outcome, check_claim  # noqa: E402
from gradcheck.formulas.claim import Claim  # noqa: E402
from gradcheck.formulas.dtypes import GRADES, NAMED  # noqa: E402
from gradcheck.formulas.kinds import Vjp  # noqa: E402
from gradcheck.judging.low_precision.grades import grade_name  # noqa: E402
from tests.low_precision.candidates import (  # noqa: E402
    cut_off,
    inside,
    kernel,
    sums_narrow,
    sums_wide,
    times,
)

LAYERS = (
    *("dense", "embedding", "average_pool", "max_pool", "batch_norm", "layer_norm", "rms_norm", "softmax"),
    *("log_softmax", "cross_entropy", "hinge", "huber", "gelu", "gelu_tanh", "silu", "dropout", "rotary"),
    *("scatter_add", "cosine_similarity", "gaussian"),
)

ELSEWHERE = ("average_pool", "silu")
"""Layers in bfloat16 and float32: what can be told there is the same for the others, and takes its time."""

CLOSE = {"float16": (1e-3, 1e-5), "bfloat16": (1.6e-2, 1e-5), "float32": (1.3e-6, 1e-5)}
"""rtol and atol that `torch.testing.assert_close` takes by default, from its documentation."""

POINTS = 24
"""Of these, 16 must tell something before a mean is asked about."""

HEAD = """# Low precision: what is told from rounding

Backward passes of {float16} layers in float16, and of {elsewhere} in bfloat16 and float32, judged by
gradcheck, each as a kernel of which nothing but its numbers is seen, at sizes up to 4,099. The first three
are right, each by another way to round: *rounded* computes in the wide type (float32, for float32 itself
float64) and rounds once; *wide sums* rounds every operation, but makes sums in the wide type; *throughout*
rounds each addition too. The others are wrong: by a factor or by a mistake that is usual for the layer
(computed in the wide type), in that they sum in the type where wide sums are claimed, or in that they cut
digits off instead of rounding. Where a sum is short or its terms cancel, sums in the type are no worse than
wide ones, and pass.

*claims* is the grade that is claimed, *verdict* what gradcheck says of that; *as a kernel that may round
throughout* is the verdict with `grade` left out, and *meets* the strictest grade that is met there (see
[low precision](low-precision.md);
*unknown* where a grade is exceeded and the next has no bound).
The last column is what `torch.testing.assert_close` says of the same
numbers against the right ones with its default tolerances.

Layers that only move numbers (`embedding`, `scatter_add`), or divide them by a power of two (`average_pool`),
round nothing on the way; what is wrong by less than half a unit then gives the right numbers, and passes. In
bfloat16 half a unit is up to 0.4 %, so 0.1 % may be nothing there. `log_softmax` and `cosine_similarity`
divide by a sum; made in float16, one of 4,099 terms may be off by all of itself, and its quotient has no
bound: *unknown*. `nox -s low_precision` makes the page.
"""


def in_words(count: int) -> str:
    """A number as the page says it."""
    return {2: "two", 20: "twenty"}.get(count, str(count))


@dataclass(frozen=True)
class Candidate:
    """A way to compute a backward pass, the grade that it claims, and whether it is right."""

    word: str
    grade: str
    right: bool
    backward: Callable[..., Any]


def candidates(vjp: Callable[..., Any], wrong: Callable[..., Any]) -> Iterator[Candidate]:
    """Ways to compute one backward pass."""
    yield Candidate("rounded", "rounded", True, inside(vjp))
    yield Candidate("wide sums", "sums", True, sums_wide(vjp))
    yield Candidate("throughout", "throughout", True, sums_narrow(vjp))
    yield Candidate("usual mistake", "rounded", False, inside(wrong))
    for factor, word in ((1.1, "10 % off"), (1.01, "1 % off"), (1.001, "0.1 % off")):
        yield Candidate(word, "rounded", False, times(vjp, factor))
    yield Candidate("sums in the type", "sums", False, sums_narrow(vjp))
    yield Candidate("digits cut off", "rounded", False, cut_off(vjp))


def judged(formula: Any, candidate: Candidate, dtype: str) -> Outcome:
    """The candidate as a kernel that may round throughout; the grades that it meets tell of the others."""
    claim = Claim(formula.in_dtype(NAMED[dtype]), Vjp(), kernel(candidate.backward))
    with np.errstate(all="ignore"):
        return check_claim(claim, max_examples=POINTS, backends=["autodiff"])


def met(outcome: Outcome) -> str | None:
    """The strictest grade that is met at all points."""
    found = outcome.row.accuracy
    if found is None or outcome.row.verdict != "pass":
        return None
    names = {grade_name(grade, NAMED[found.dtype]): grade for grade in GRADES}
    return next((names[g.name] for g in found.grades if g.met), None)


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


@dataclass
class Row:
    """A line of the table."""

    layer: str
    candidate: Candidate
    verdict: str
    loosest: str
    met: str
    close: bool

    @property
    def text(self) -> str:
        said = "passes" if self.close else "fails"
        cells = (
            self.layer,
            self.candidate.word,
            self.candidate.grade,
            self.verdict,
            self.loosest,
            self.met,
            said,
        )
        return f"| {' | '.join(cells)} |"


def rows(dtype: str, layers: tuple[str, ...]) -> Iterator[Row]:
    """All candidates of all layers in one type."""
    known = {f.name: f for f in formulas()}
    for name in layers:
        formula = known[name]
        wrong = next(iter(MISTAKES[name].values()))
        for candidate in candidates(formula.claims[0].candidate, wrong):
            outcome = judged(formula, candidate, dtype)
            grade = met(outcome)
            verdict = outcome.row.verdict
            reached = candidate.grade == GRADES[-1]  # then the verdict says it
            reached = reached or GRADES.index(grade or GRADES[-1]) <= GRADES.index(candidate.grade)
            row = Row(
                name,
                candidate,
                ("pass" if reached else "fail") if verdict == "pass" else verdict,
                verdict,
                grade or ("unknown" if verdict == "pass" else "none"),
                close(outcome, dtype),
            )
            print(dtype, row.text, flush=True)
            yield row


def counted(found: list[Row]) -> Iterator[str]:
    """How many of each candidate come out, by who judges."""
    yield "| candidate | judged as it claims | as a kernel that may round throughout | assert_close |"
    yield "|---|---|---|---|"
    for word in dict.fromkeys(r.candidate.word for r in found):
        of = [r for r in found if r.candidate.word == word]
        passed = [sum(r.verdict == "pass" for r in of), sum(r.loosest == "pass" for r in of)]
        passed.append(sum(r.close for r in of))
        yield f"| {word} | {' | '.join(f'{p} of {len(of)} pass' for p in passed)} |"


def page(layers: tuple[str, ...], elsewhere: tuple[str, ...]) -> Iterator[str]:
    yield HEAD.format(float16=in_words(len(layers)), elsewhere=in_words(len(elsewhere)))
    for dtype in CLOSE:
        chosen = layers if dtype == "float16" else elsewhere
        found = list(rows(dtype, chosen))
        yield f"## {dtype}\n"
        yield from counted(found)
        loosest = "as a kernel that may round throughout"
        yield f"\n| layer | candidate | claims | verdict | {loosest} | meets | assert_close |"
        yield "|---|---|---|---|---|---|---|"
        yield from (r.text for r in found)
        yield ""


if __name__ == "__main__":
    everywhere = "--everywhere" in sys.argv
    chosen = tuple(a for a in sys.argv[1:] if a != "--everywhere") or LAYERS
    if unknown := sorted(set(chosen) - set(LAYERS)):
        sys.exit(f"unknown layers: {', '.join(unknown)}. Known ones: {', '.join(LAYERS)}")
    elsewhere = chosen if everywhere else tuple(name for name in chosen if name in ELSEWHERE)
    lines: list[str] = []
    for line in page(chosen, elsewhere):
        lines.append(line)
        (HERE / "low-precision-table.md").write_text("\n".join(lines), encoding="utf-8")
