"""No correct backward pass is accused: at default values, at values of any size, in float32's numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest

from gradcheck.checking.claim_check import check_claim
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.points.generation import generate
from gradcheck.judging.session import Session
from tests.conftest import WHOLE

from .corpus import CORPUS
from .scaling import SCALES, rescaled

NAMES = list(CORPUS)[:: 1 if WHOLE else 8]
BLOCKS = 12 if WHOLE else 4
POINTS_A_FORMULA = 85
INCONCLUSIVE_AT_MOST = 0.01


@dataclass(frozen=True)
class Run:
    """Points of one kind. ``scale`` None are the values that a formula has anyway."""

    points: int
    seed: int = 0
    scale: float | None = None
    single: bool = False
    backends: tuple[str, ...] | None = None  # None: all of them


RUNS = {
    "default settings": Run(50),
    "another seed": Run(50, seed=1),
    "finite differences alone": Run(50, seed=2, backends=("finite_difference",)),
    **{f"values times {scale:g}": Run(12, scale=scale) for scale in SCALES},
    "values of float32": Run(12, scale=1.0, single=True),
}


@dataclass
class Tally:
    """What became of one formula's points: verdict -> count, over all runs; and the runs' verdicts."""

    verdicts: dict[str, str] = field(default_factory=dict)
    points: Counter[str] = field(default_factory=Counter)
    accused: list[str] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)


def judged(name: str) -> Tally:
    """Every run of a formula. One session serves most: shapes repeat, and with them what is derived."""
    formula, tally = CORPUS[name], Tally()
    everybody = Session(formula, choose(None))
    for title, run in RUNS.items():
        session = Session(formula, choose(run.backends)) if run.backends else everybody
        moved = formula if run.scale is None else rescaled(formula, run.scale, single=run.single)
        points = generate(moved, max_examples=run.points, seed=run.seed)
        outcome = check_claim(moved.claims[-1], session=session, points=points, seed=run.seed)
        tally.verdicts[title] = outcome.row.verdict
        for result in outcome.results:
            tally.points[result.verdict] += 1
            where = f"{name}, {title}, {dict(result.point.sizes)}"
            if result.verdict in ("fail", "error", "split"):
                tally.accused.append(f"{where}: {result.verdict}; {outcome.row.reason}")
            if result.verdict == "none":
                reasons = {o.reason for o in result.opinions.values()} | set(result.notes)
                tally.unjudged.append(f"{where}: {'; '.join(sorted(str(r) for r in reasons if r))}")
    return tally


@pytest.mark.parametrize("block", range(BLOCKS))
def test_correct_formulas_are_never_accused(block, record_property):
    """By default they pass; of the points at other values few are left open."""
    names = NAMES[block::BLOCKS]
    tallies = {name: judged(name) for name in names}
    points = sum((t.points for t in tallies.values()), Counter())
    for verdict, count in points.items():
        record_property("judged points", (str(verdict), count))

    assert [line for t in tallies.values() for line in t.accused] == []
    bad = {n: t.verdicts for n, t in tallies.items() if set(t.verdicts.values()) & {"fail", "error"}}
    assert bad == {}
    by_default = {t.verdicts[run] for t in tallies.values() for run in ("default settings", "another seed")}
    assert by_default == {"pass"}
    unjudged = [line for t in tallies.values() for line in t.unjudged]
    assert points.total() >= POINTS_A_FORMULA * len(names)
    assert len(unjudged) < INCONCLUSIVE_AT_MOST * points.total(), "\n".join(unjudged)


def test_there_are_ten_thousand_points():
    """In a whole run."""
    assert POINTS_A_FORMULA * len(CORPUS) >= 10_000
