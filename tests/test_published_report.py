"""The main job: the catalogue, as a user runs it, against the report that is committed. CI runs the whole
catalogue as the main job; here its errata and a part of the rest, or all (`nox -s whole`).
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gradcheck.records.reading import read_log
from tests.conftest import WHOLE

PUBLISHED = Path(__file__).parent.parent / "reports" / "catalogue"
ERRATA = {"D06", "D07", "D09", "D14", "D17"}
EVERY = {f"D{n:02}" for n in range(1, 24)}
IDS = EVERY if WHOLE else {*ERRATA, "D01", "D04", "D11", "D19", "D23"}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    folder = tmp_path_factory.mktemp("catalogue")
    done = subprocess.run(
        [sys.executable, "-m", "gradcheck", "verify", *sorted(IDS), "--report-dir", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_catalogue_comes_out_as_declared_and_complete(fresh):
    """Every id has a claim, and the log has its footer."""
    log = read_log(fresh / "run.jsonl")

    assert log.complete
    assert {c.id for c in log.claims} == IDS
    assert all(c.as_declared for c in log.claims)


def test_every_backend_answered_every_right_claim(fresh):
    """At five points or more, one of them with all sizes distinct, or it says why it could not."""
    log = read_log(fresh / "run.jsonl")
    right = {c.uid for c in log.claims if c.expected == "pass"}

    for row in (row for rows in log.rows.values() for row in rows):
        if row.claim in right:
            assert row.verdict == "pass", f"{row.claim} with {row.backend}: {row.reason}"
            assert row.answered >= 5
            assert row.distinct >= 1


def test_every_erratum_ends_at_a_smallest_shape(fresh):
    """The errata are found by running, with the arrays that refute them."""
    errata = [c for c in read_log(fresh / "run.jsonl").claims if c.expected == "fail"]

    assert {c.id for c in errata} == ERRATA
    assert all(c.counterexample is not None for c in errata)
    # at 1 by 1 this one raises, which is another failure than a wrong number
    raising = {"D17/layer_column.forward.printed-left-over"}
    assert {c.uid for c in errata if not c.counterexample.shape_minimal} == raising


def test_published_verdicts_are_those_of_a_fresh_run(fresh):
    """A verdict that changed has to be published, or explained."""
    every = read_log(PUBLISHED / "run.jsonl").claims
    assert {c.id for c in every} == EVERY
    published = {c.uid: (c.verdict, c.strength) for c in every if c.id in IDS}
    now = {c.uid: (c.verdict, c.strength) for c in read_log(fresh / "run.jsonl").claims}

    assert now == published


def test_published_summary_belongs_to_the_published_log():
    """The rendered files are those of the log beside them."""
    summary = json.loads((PUBLISHED / "summary.json").read_text("utf-8"))
    log = read_log(PUBLISHED / "run.jsonl")

    assert {c["uid"] for c in summary["claims"]} == {c.uid for c in log.claims}
