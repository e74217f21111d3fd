"""Right formulas at very many points: `python docs/count_points.py --points 1000000`.

Every formula of the trust corpus in turn, at seeds that go up and at values of all scales, judged with finite
differences alone. A point at which right code is refused is a false alarm, and is printed.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from gradcheck import Formula  # noqa: E402
from gradcheck.judging.answers.backends import choose  # noqa: E402
from gradcheck.judging.point_check import check_point  # noqa: E402
from gradcheck.judging.points.generation import generate  # noqa: E402
from gradcheck.judging.session import Session  # noqa: E402
from tests.trust.corpus import CORPUS  # noqa: E402
from tests.trust.scaling import SCALES, rescaled  # noqa: E402

EXAMPLES = 50
REFUSED = ("fail", "error", "split")


def runs(first: int) -> Iterator[tuple[int, float | None, Formula]]:
    """Seed, scale (None: the declared values) and formula, without an end."""
    for seed in itertools.count(first):
        for scale in (None, *SCALES):
            for formula in CORPUS.values():
                yield seed, scale, formula if scale is None else rescaled(formula, scale)


def judged(wanted: int, first: int) -> tuple[Counter[str], list[str]]:
    """Points by verdict, and what was refused."""
    sessions: dict[str, Session] = {}
    verdicts: Counter[str] = Counter()
    accused: list[str] = []
    for seed, scale, formula in runs(first):
        session = sessions.setdefault(
            formula.name, Session(CORPUS[formula.name], choose(["finite_difference"]))
        )
        for point in generate(formula, max_examples=EXAMPLES, seed=seed).points:
            found = check_point(formula.claims[-1], point, session)
            verdicts[str(found.verdict)] += 1
            if found.verdict in REFUSED:
                accused.append(f"{formula.name}, seed {seed}, scale {scale}: {found.fault or found.verdict}")
            if verdicts.total() >= wanted:
                return verdicts, accused
        if verdicts.total() // 10_000 > (verdicts.total() - EXAMPLES) // 10_000:
            print(verdicts.total(), f"seed {seed}, scale {scale}", len(accused), flush=True)
    raise AssertionError("unreachable")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        verdicts, accused = judged(options.points, options.seed)
    print(f"{verdicts.total()} points:", ", ".join(f"{v} {n}" for v, n in verdicts.most_common()))
    print("\n".join(accused) or "no false alarm")
    return 1 if accused else 0


if __name__ == "__main__":
    sys.exit(main())
