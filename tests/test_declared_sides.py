"""What declared values decide of an argument itself has one side; what is computed has two."""

import numpy as np
import pytest

import gradcheck


def squares(x):
    return x * x


def judged(backward, values=gradcheck.positive):
    return gradcheck.verify(squares, backward, {"x": "n"}, values={"x": values}, strict=True)


DECIDED = {
    "all": lambda d, x: (2 if np.all(x > 0) else 3) * d * x,
    "a method": lambda d, x: (2 if (x >= 0).all() else 3) * d * x,
    "not any": lambda d, x: (3 if np.any(x <= 0) else 2) * d * x,
    "an entry": lambda d, x: (2 if x[0] > -1 else 3) * d * x,
    "a part": lambda d, x: (2 if np.all(x[1:] != 0) else 3) * d * x,
    "the smallest": lambda d, x: (2 if x.min() > 0 else 3) * d * x,
    "an inverted one": lambda d, x: (2 if (~(x < 0)).all() else 3) * d * x,
    "where": lambda d, x: np.where(x > 0, 2, 3) * d * x,
    "a maximum": lambda d, x: 2 * d * np.maximum(x, 0),
}


@pytest.mark.parametrize("backward", DECIDED.values(), ids=DECIDED)
def test_a_side_that_no_declared_value_is_on_is_not_untried(backward):
    found = judged(backward)
    assert (found.verdict, found.untried) == ("pass", ())


def test_of_any_numbers_both_sides_count():
    assert judged(DECIDED["all"], gradcheck.normal).verdict == "fail"


def minus(x):
    y = x.copy()
    y -= 500.0
    return (y < 0).all()


def entry_minus(x):
    v = x[0]
    v -= 500.0
    return v < 0


MADE = {
    "a difference": lambda d, x: (2 if np.all(x - 500.0 < 0) else 3) * d * x,
    "a copy that is written into": lambda d, x: (2 if minus(x) else 3) * d * x,
    "an entry that is": lambda d, x: (2 if entry_minus(x) else 3) * d * x,
    "within the range": lambda d, x: (2 if np.all(x < 500.0) else 3) * d * x,
    "and a size": lambda d, x: (2 if x[0] > 0 and len(x) < 300 else 3) * d * x,
}


@pytest.mark.parametrize("backward", MADE.values(), ids=MADE)
def test_nothing_that_is_computed_is_decided(backward):
    assert judged(backward).verdict == "fail"


def test_a_size_beside_it_is_still_asked_for():
    found = judged(lambda d, x: (2 if x[0] > 0 and len(x) < 3000 else 3) * d * x)
    assert found.verdict == "weak"
    assert ["`len(x) < 3000`" in u.what for u in found.untried] == [True]


def relative_entropy(p, q):
    return np.sum(np.where(p > 0, p * np.log(p / q), 0.0))


def its_gradients(d, p, q):
    return d * np.where(p > 0, np.log(p / q) + 1, 0.0), -d * np.where(p > 0, p / q, 0.0)


@pytest.mark.parametrize("values", [gradcheck.positive, gradcheck.unit_interval])
def test_a_guard_against_zero(values):
    how = {"shapes": {"p": "n", "q": "n"}, "values": {"p": values, "q": values}, "strict": True}
    assert gradcheck.verify(relative_entropy, its_gradients, **how).verdict == "pass"


@pytest.mark.parametrize(("most", "verdict"), [(3, "pass"), (2, "fail")])
def test_labels_within_their_range(most, verdict):
    def backward(d, W, i):
        g = np.zeros_like(W)
        kept = (i >= 0) & (i < most)
        np.add.at(g, i[kept], d[kept])
        return g, None

    how = {"shapes": {"W": "3 m", "i": "n"}, "values": {"i": gradcheck.integers(0, 3)}, "strict": True}
    assert gradcheck.verify(lambda W, i: W[i], backward, **how).verdict == verdict
