"""Linearity in delta: what is nonlinear only at deltas that no point holds, and what only looks so."""

import numpy as np
import pytest

from gradcheck.formulas.calling.foreign import float_only

pytestmark = pytest.mark.usefixtures("undiagnosed")

SHAPES = {"W": "n m", "x": "m"}


def forward(W, x):
    return W @ x


def right(d, W, x):
    return np.outer(d, x), W.T @ d


def of(change):
    """The right backward with a changed delta."""
    return lambda d, W, x: right(change(d), W, x)


def squashed(d):
    """Right to 60 digits and more wherever delta is small, wrong by half where it is huge."""
    return np.where(np.abs(d) < 200.0, d, d / 2)


def test_a_linear_backward_passes_silently(battery):
    """The twin of all that follows."""
    judged = battery(forward, right, SHAPES)
    assert (judged.row.verdict, judged.failed, judged.noted) == ("pass", set(), set())
    assert judged.rows["linearity"].points == 2
    assert judged.rows["linearity"].counts


@pytest.mark.corpus(2)
@pytest.mark.parametrize(
    "change",
    [
        lambda d: np.clip(d, -60.0, 60.0),
        squashed,
        lambda d: d / max(1.0, np.linalg.norm(d) / 100),
        lambda d: d + 1e-9 * (np.abs(d) > 900) * d,
    ],
    ids=["clipped", "squashed", "norm clipped", "off by 1e-9"],
)
def test_nonlinear_where_no_point_goes_is_a_fail_with_numbers(battery, change):
    """Every point passes; at the battery's deltas the numbers fail too, and make a counterexample."""
    judged = battery(forward, of(change), SHAPES)
    assert judged.row.verdict == "fail"
    row = judged.rows["linearity"]
    assert (row.outcome, row.counts) == ("fail", True)
    assert "is not linear in delta:" in row.reason
    assert "for 1024 d1 - d2" in row.reason
    assert set(row.sizes) == {"n", "m"}
    found = judged.row.counterexample
    assert found is not None
    assert not found.shape_minimal  # smaller shapes were not tried with such deltas


@pytest.mark.corpus(3)
@pytest.mark.parametrize(
    ("change", "zero_fails"),
    [
        (np.ones_like, True),
        (np.abs, False),
        (np.square, False),
        (np.sign, False),
        (lambda d: np.maximum(d, 0), False),
        (lambda d: d + 1.0, True),
        (lambda d: d / np.linalg.norm(d), True),
    ],
    ids=["ignored", "abs", "squared", "sign", "relu", "offset", "normalised"],
)
def test_common_misuses_of_delta_are_nonlinear(battery, change, zero_fails):
    """And those that do not vanish at delta = 0 fail there too."""
    judged = battery(forward, of(change), SHAPES)
    assert judged.row.verdict == "fail"
    assert "linearity" in judged.failed
    assert ("zero delta" in judged.failed) == zero_fails
    assert judged.rows["zero delta"].counts


def test_the_sign_of_a_single_number_is_seen(battery):
    """A scalar output has one delta; the two tried differ in sign."""
    shapes = {"x": "n"}
    assert battery(np.sum, lambda d, x: d * np.ones_like(x), shapes).failed == set()
    assert "linearity" in battery(np.sum, lambda d, x: abs(d) * np.ones_like(x), shapes).failed


def test_every_output_has_its_delta(battery):
    """The second of a tuple is ignored."""

    def two(x):
        return x * x, np.sum(x)

    shapes = {"x": "n"}
    good = battery(two, lambda d, x: 2 * x * d[0] + d[1], shapes)
    bad = battery(two, lambda d, x: 2 * x * d[0] + 1.0, shapes)
    assert (good.row.verdict, good.failed) == ("pass", set())
    assert {"linearity", "zero delta"} <= bad.failed


def test_rounding_is_linear_enough(battery):
    """Constants that are rounded, sums that cancel, a softmax that amplifies."""

    def softmax(z):
        e = np.exp(z - np.max(z))
        return e / np.sum(e)

    def backward(d, z):
        p = softmax(z)
        return p * (d - np.sum(d * p)) * 0.1 / (1 / 10)

    judged = battery(softmax, backward, {"z": "n"}, values={"z": lambda s, r: 30 * r.normal(size=s)})
    assert "linearity" not in judged.failed


def test_code_in_floating_point_only_is_compared_within_its_rounding(battery):
    """float32 in between is not what linearity is about; a clip is."""
    rounds = float_only(lambda d, W, x: right(d.astype(np.float32).astype(float), W, x), "it")
    clips = float_only(of(lambda d: np.clip(d, -60.0, 60.0)), "it")
    plain = float_only(right, "it")
    assert "linearity" not in battery(forward, rounds, SHAPES).failed
    assert battery(forward, plain, SHAPES).failed == set()
    judged = battery(forward, clips, SHAPES)
    assert judged.row.verdict == "fail"
    assert "linearity" in judged.failed


def test_a_declared_delta_is_the_only_one_asked_about(battery):
    """`p - y` is right for a cost whose delta is declared to be one."""
    judged = battery(
        lambda z: np.sum(z * z), lambda d, z: 2 * z, {"z": "n"}, delta=lambda shape, rng: np.ones(shape)
    )
    assert judged.row.verdict == "pass"
    assert [judged.rows[c].outcome for c in ("linearity", "zero delta")] == ["skipped", "skipped"]
    assert judged.rows["linearity"].reason == "delta is declared, and only what it holds may be asked about"
    assert battery(lambda z: np.sum(z * z), lambda d, z: 2 * z, {"z": "n"}).row.verdict == "fail"


def test_raising_at_another_delta_is_a_failure(battery):
    """The check needs deltas of other sizes."""

    def fussy(d, W, x):
        if np.max(np.abs(d)) > 250:
            raise OverflowError("too large")
        return right(d, W, x)

    judged = battery(forward, fussy, SHAPES)
    assert judged.row.verdict == "fail"
    assert judged.rows["linearity"].reason.startswith("with another delta the code raises OverflowError")


def test_without_a_backend_that_answers_a_nonlinear_vjp_is_still_wrong(told):
    """No derivative is needed for that."""
    from gradcheck.checking.claim_check import check_claim
    from gradcheck.errors import Unsupported
    from gradcheck.formulas.decorating import Formula

    silent = told("silent", Unsupported("nothing"))
    formula = Formula(forward, SHAPES, name="f")
    formula.vjp(of(np.abs))
    formula.vjp(suffix="right")(right)
    wrong, good = (check_claim(c, found=[silent], max_examples=8).row for c in formula.claims)
    assert (wrong.verdict, good.verdict) == ("fail", "inconclusive")
    assert "is not linear in delta" in wrong.reason


def test_an_entry_with_delta_is_linear_too(battery):
    """`dJ/dx[i]` takes delta; a Jacobian does not."""
    from gradcheck.formulas.decorating import Formula

    formula = Formula(lambda x: x * x, {"x": "n"}, name="f")
    formula.entry("dJ/dx[i]")(lambda i, d, x: 2 * np.clip(d[i], -60, 60) * x[i])
    formula.entry("dJ/dx[i]", suffix="right")(lambda i, d, x: 2 * d[i] * x[i])
    formula.jacobian("x")(lambda x: np.diag(2 * x))
    wrong, good, jacobian = (battery.claim(c) for c in formula.claims)
    assert ("linearity" in wrong.failed, wrong.row.verdict) == (True, "fail")
    assert good.failed == set()
    assert "linearity" not in jacobian.rows
