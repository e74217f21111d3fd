"""What one check of all arguments at one point costs, in ball arithmetic, over the trust corpus.

    python benchmarks/point.py

The finite-difference backend, at the points that `verify` draws (sizes up to 13), each timed after a
first pass that warms everything up. Two figures: the comparison in balls alone (the candidate in balls,
the difference, the judge), and the whole check with the two float64 runs of the candidate and the
contract's checks around it.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from gradcheck.judging.answers.backends import choose
from gradcheck.judging.candidates.running import run_in_float64
from gradcheck.judging.evaluation import Examination
from gradcheck.judging.point_check import check_point
from gradcheck.judging.points.generation import generate
from gradcheck.judging.session import Session
from tests.trust.corpus import CORPUS


def main():
    balls, whole = [], []
    for name, formula in CORPUS.items():
        claim = formula.claims[-1]
        points = generate(formula, max_examples=20, seed=0).points
        session = Session(formula, choose(["finite_difference"]))
        for point in points[:3]:
            check_point(claim, point, session)
        inner, outer = [], []
        for point in points[3:]:
            started = time.perf_counter()
            check_point(claim, point, session)
            outer.append(time.perf_counter() - started)
            fresh = Session(formula, choose(["finite_difference"]))
            usable = fresh.backends[0]
            fresh.program(usable, point)
            stated = run_in_float64(claim, point)
            examination = Examination(claim, point, fresh, stated, [usable])
            started = time.perf_counter()
            examination.opinion(usable, finite=True)
            inner.append(time.perf_counter() - started)
        balls.append((statistics.median(inner) * 1e3, name))
        whole.append((statistics.median(outer) * 1e3, name))
    for label, figures in (("in balls", balls), ("whole check", whole)):
        times = sorted(figures)
        print(
            f"{label}: median {statistics.median(t for t, _ in times):.2f} ms over {len(times)} formulas, "
            f"fastest {times[0][0]:.2f} ({times[0][1]}), slowest {times[-1][0]:.2f} ({times[-1][1]})"
        )


if __name__ == "__main__":
    main()
