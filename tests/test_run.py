"""A run is a stream of records."""

import itertools

import numpy as np
import pytest

from gradcheck.errors import UsageError
from gradcheck.formulas.decorating import Formula
from gradcheck.records.reading import collect
from gradcheck.records.types import SCHEMA, BackendRow, BatteryRow, ClaimRow, Footer, Header
from gradcheck.running.stream import RunOptions, run


def formulas(second=np.sin):
    one = Formula(lambda x: x * x, {"x": "n"}, name="one")
    one.vjp(lambda d, x: 2 * d * x)
    one.jacobian("x")(lambda x: np.diag(2 * x))
    two = Formula(second, {"x": "n"}, name="two")
    two.vjp(lambda d, x: -d * np.cos(x))
    two.vjp(printed=True, erratum=True)(lambda d, x: d * x)
    return one, two


def claims_of(*formulas):
    return [c for f in formulas for c in f.claims]


def test_a_header_then_rows_per_claim_then_a_footer():
    """In the order of the claims, and readable as a log."""
    claims = claims_of(*formulas())
    records = list(run(claims, RunOptions(seed=3, max_examples=8, command="test", remarks=("a remark",))))
    header, *middle, footer = records
    assert isinstance(header, Header)
    assert isinstance(footer, Footer)
    assert (header.schema, header.seed, header.max_examples, header.command) == (SCHEMA, 3, 8, "test")
    assert header.claims == [c.uid for c in claims]
    assert [b.name for b in header.backends] == ["symbolic", "finite_difference", "autodiff"]
    assert {"numpy", "sympy", "jax", "hypothesis", "python-flint"} <= set(header.versions)
    kinds = [type(r) for r in middle]
    assert [k for k in kinds if k is not BatteryRow] == [BackendRow, BackendRow, BackendRow, ClaimRow] * 4
    told = [r.claim if not isinstance(r, ClaimRow) else r.uid for r in middle]
    assert [uid for uid, _ in itertools.groupby(told)] == header.claims
    rows = [r for r in middle if isinstance(r, ClaimRow)]
    assert [r.uid for r in rows] == header.claims
    assert [r.verdict for r in rows] == ["pass", "pass", "fail", "fail"]
    assert (footer.claims, footer.verdicts, footer.as_declared) == (4, {"pass": 2, "fail": 2}, 3)
    assert footer.exit_code == 1
    assert footer.remarks == ["a remark"]
    assert collect(records).complete


def test_a_run_in_which_all_came_out_as_declared_exits_with_zero():
    """An erratum that is refuted counts."""
    one, two = formulas()
    two.claims.pop(0)
    footer = list(run(claims_of(one, two), RunOptions(max_examples=6)))[-1]
    assert (footer.exit_code, footer.as_declared, footer.claims) == (0, 3, 3)


def test_the_records_of_a_claim_come_as_soon_as_it_is_done():
    """An interruption loses nothing that is finished."""
    asked = []
    one, two = formulas(lambda x: (asked.append(1), np.sin(x))[1])
    stream = run(claims_of(one, two), RunOptions(max_examples=6))
    first = list(itertools.islice(stream, 1))
    while sum(isinstance(r, ClaimRow) for r in first) < 2:
        first.append(next(stream))
    assert not asked
    stream.close()


def test_the_claims_of_a_formula_see_the_same_points_and_a_seed_repeats_them():
    """Shapes and counts are equal."""
    one, _ = formulas()
    rows = [r for r in run(one.claims, RunOptions(seed=5, max_examples=14)) if isinstance(r, ClaimRow)]
    again = [r for r in run(one.claims, RunOptions(seed=5, max_examples=14)) if isinstance(r, ClaimRow)]
    assert rows[0].shapes == rows[1].shapes == again[0].shapes
    assert rows[0].points == 18


def test_a_run_of_some_backends_says_so():
    """Only those that were asked for have rows."""
    one, _ = formulas()
    records = list(run(one.claims, RunOptions(max_examples=6, backends=("autodiff",))))
    assert [b.name for b in records[0].backends] == ["autodiff"]
    assert {r.backend for r in records if isinstance(r, BackendRow)} == {"autodiff"}


def test_a_forward_that_cannot_run_is_an_error_and_the_run_goes_on():
    """The next formula is checked all the same."""
    broken = Formula(lambda x: None, {"x": "n"}, name="broken")
    broken.vjp(lambda d, x: d)
    one, _ = formulas()
    rows = [r for r in run(claims_of(broken, one), RunOptions(max_examples=6)) if isinstance(r, ClaimRow)]
    assert [r.verdict for r in rows] == ["error", "pass", "pass"]


def test_misuse_is_refused_before_the_first_record():
    """Unknown backends and two claims of one name."""
    one, _ = formulas()
    with pytest.raises(UsageError, match=r"unknown backend 'sympy'"):
        run(one.claims, RunOptions(backends=("sympy",)))
    other, _ = formulas()
    with pytest.raises(UsageError, match=r"two claims are called 'one.vjp'"):
        run(claims_of(one, other), RunOptions())


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"max_examples": 0}, "max_examples: expected an integer of 1 or more, got 0"),
        ({"max_examples": 2.5}, "max_examples: expected an integer"),
        ({"max_examples": True}, "max_examples: expected an integer"),
        ({"max_examples": "50"}, "got '50'"),
        ({"seed": -1}, "seed: expected an integer of 0 or more, got -1"),
        ({"seed": None}, "seed: expected an integer"),
        ({"seed": False}, "seed: expected an integer"),
    ],
)
def test_options_out_of_range_are_refused(how, words):
    """With what was expected and what came."""
    with pytest.raises(UsageError) as error:
        RunOptions(**how)
    assert words in str(error.value)


def test_no_claims_are_an_empty_run():
    """A header and a footer; its reader calls it incomplete."""
    header, footer = run([], RunOptions())
    assert header.claims == []
    assert footer.claims == 0
    assert not collect([header, footer]).complete
