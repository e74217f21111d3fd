"""Writes `mutants.md`: gradcheck before thousands of backward passes with one operation changed.

    python docs/generate_mutants.py --log FILE [--verdicts N] [--diagnoses N] [--seed S] [--jobs N]

A line of the log is one mutant; what is in it already is not run again, so that a campaign may be stopped and
resumed. ``--verdicts`` of the mutants (all of them unless said) are told right from wrong, and
``--diagnoses`` of them are checked at the default settings of `gradcheck.verify`, with what is said of each.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.trust.mutants.campaign import Row, run  # noqa: E402
from tests.trust.mutants.page import page  # noqa: E402
from tests.trust.mutants.subjects import mutants  # noqa: E402

PAGE = HERE / "mutants.md"
DIAGNOSES = 1000


def chosen(verdicts: int | None, diagnoses: int, seed: int) -> list[tuple[int, bool]]:
    """Which mutants, by their place in `mutants()`, and whether each is diagnosed."""
    order = list(range(len(mutants())))
    random.Random(seed).shuffle(order)  # noqa: S311  (a sample)
    told = set(order[:diagnoses])
    return [(k, k in told) for k in sorted(set(order[:verdicts]) | told)]


def as_line(number: int, row: Row, *, told: bool) -> dict[str, Any]:
    """A row as a line of the log."""
    answer = row.answer
    return {
        "number": number,
        "label": row.mutant.label,
        "kind": row.mutant.edit.kind,
        "told": told,
        "truth": str(row.judged.truth),
        "why": row.judged.why,
        "verdict": answer.verdict,
        "reason": answer.reason,
        "diagnosis": [[d.quantity, d.kind, d.text] for d in answer.diagnosis or []],
        "true": [str(t) for t in row.told],
    }


def of_subject(job: tuple[tuple[int, ...], bool]) -> list[dict[str, Any]]:
    """The lines of mutants of one subject, which share what is right."""
    numbers, told = job
    everyone = mutants()
    rows = run([everyone[k] for k in numbers], backends=None if told else ["finite_difference"], whole=told)
    return [as_line(k, row, told=told) for k, row in zip(numbers, rows, strict=True)]


def jobs_of(todo: list[tuple[int, bool]]) -> Iterator[tuple[tuple[int, ...], bool]]:
    everyone = mutants()
    for told in (True, False):
        mine = [k for k, its in todo if its is told]
        groups = [tuple(group) for _, group in groupby(mine, key=lambda k: everyone[k].subject.name)]
        random.Random(0).shuffle(groups)  # noqa: S311  (so that a campaign that is stopped is a sample)
        yield from ((group, told) for group in groups)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--verdicts", type=int)
    parser.add_argument("--diagnoses", type=int, default=DIAGNOSES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    lines = [json.loads(line) for line in options.log.open()] if options.log.exists() else []
    known = {(line["number"], line["told"]) for line in lines}
    todo = [k for k in chosen(options.verdicts, options.diagnoses, options.seed) if k not in known]
    # a process of its own for each job: JAX does not survive a fork
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool, options.log.open("a") as log:
        for found in pool.imap_unordered(of_subject, jobs_of(todo), chunksize=1):
            for line in found:
                lines.append(line)
                log.write(json.dumps(line) + "\n")
            log.flush()
    bad = [
        line
        for line in lines
        if (line["truth"], line["verdict"]) not in (("wrong", "fail"), ("wrong", "error"), ("equal", "pass"))
        and line["truth"] != "undecided"
    ]
    for line in bad:
        print(f"{line['truth']}, yet {line['verdict']}: {line['label']}: {line['why']}", file=sys.stderr)
    PAGE.write_text(page(lines), "utf-8")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
