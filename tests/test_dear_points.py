"""Dear forwards: counted operations decide on sizes, on how many points there are, and on whom is asked."""

import numpy as np
import pytest

import gradcheck
from gradcheck import Formula
from gradcheck.checking.claim_check import check_claim
from gradcheck.checking.settled import AGREED, SETTLED
from gradcheck.checking.verdict import MIN_ANSWERS
from gradcheck.judging.points.affordable import EACH, MOST, Affordable
from gradcheck.judging.points.generation import generate
from gradcheck.judging.points.operations import operations
from gradcheck.judging.points.sizes import distinct
from gradcheck.judging.shape_budget import MIN_SHAPES, Asked, ShapeBudget


def naive(x):
    out = np.zeros(x.shape)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            for k in range(x.shape[2]):
                out[i, j, k] = np.sum(x[i, j, k : k + 1] ** 2) * 0.5
    return out


def naive_back(d, x):
    return d * x


def test_operations_are_counted_and_large_results_count_for_more():
    """A loop costs what its entries do; counting ends at a limit; a forward that raises costs what it did."""
    x = np.ones((2, 3, 4))
    assert operations(naive, (x,)) >= 3 * x.size
    assert operations(lambda x: x * 2.0, (x,)) == 2
    assert operations(lambda x: x @ x.T, (np.ones((20, 20)),)) > 100
    assert operations(np.linalg.inv, (np.eye(100),)) > 100 * operations(np.linalg.inv, (np.eye(2),)) / 2
    assert operations(np.exp, (np.ones(400),)) > operations(lambda x: x + 1.0, (np.ones(400),))
    assert operations(naive, (np.ones((20, 20, 20)),), 100) <= 102
    assert operations(lambda x: np.linalg.inv(x * 2.0), (np.ones((2, 3)),)) == 2


def test_counting_changes_nothing_that_the_code_computes():
    """The counted run is thrown away, arguments are copies, integers stay plain."""
    seen = []

    def forward(x, k):
        seen.append(type(k))
        x[0] = 7.0
        return x[k]

    x, k = np.arange(3.0), np.array([0, 2])
    assert operations(forward, (x, k)) > 0
    assert x.tolist() == [0, 1, 2]
    assert seen == [np.ndarray]


def counted(power):
    """Costs that grow with the first size by a power, and not with the second."""
    cost = lambda s, most: min(int(10 * s["n"] ** power), int(min(most + 1, 1e9)))
    return Affordable(cost, lambda s: True, ("n", "m"))


def test_cheap_sizes_stay_as_they_are():
    """And what they cost is added up."""
    affordable = counted(1)
    assert affordable.sizes({"n": 7, "m": 13}) == {"n": 7, "m": 13}
    assert affordable.spent == 0
    affordable.pay({"n": 7, "m": 13})
    assert affordable.spent == 70
    assert affordable.is_paid({"n": 7, "m": 13})
    assert not affordable.is_paid({"n": 13, "m": 7})
    assert not affordable.replaced


def test_dear_sizes_get_smaller_by_what_makes_them_dear():
    """The first shape stays distinct; large sizes that cost nothing stay large; nothing shrinks in vain."""
    affordable = counted(3)
    first = affordable.sizes({"n": 6, "m": 5})
    assert distinct(first)
    assert 10 * first["n"] ** 3 <= MOST
    assert affordable.sizes({"n": 4, "m": 11}) == {"n": 2, "m": 11}
    assert counted(0).sizes({"n": 8, "m": 8}) == {"n": 8, "m": 8}
    always = Affordable(lambda s, most: 10**6, lambda s: True, ("n",))
    assert always.sizes({"n": 8}) == {"n": 8}


def test_sizes_that_are_not_allowed_are_not_taken():
    """Not even for measuring."""
    dear = Affordable(lambda s, most: 1000, lambda s: s["n"] >= 5, ("n",))
    assert dear.sizes({"n": 8}) == {"n": 8}


def test_a_formula_in_loops_is_drawn_smaller_and_less_often():
    """One shape is distinct, and the notes say what was spared; a cheap formula keeps all."""
    formula = Formula(naive, {"x": "a b c"})
    found = generate(formula, max_examples=50, seed=0)
    costs = [operations(naive, p.args) for p in found.points]
    assert max(costs) <= 2 * MOST
    assert sum(costs) < 3 * EACH * 50
    assert any(distinct(p.sizes) for p in found.points)
    assert any("points are checked: the forward takes" in note for note in found.notes)
    dearer = generate(Formula(lambda x: naive(x) + naive(2.0 * x), {"x": "a b c"}), max_examples=50, seed=0)
    assert any("smaller sizes are drawn" in note for note in dearer.notes)
    assert not generate(Formula(lambda x: 2 * x, {"x": "a b c"}), max_examples=50, seed=0).notes


def test_a_budget_for_shapes_has_a_minimum():
    """So many shapes, and one that is distinct, are always in it; a shape that was tried is free."""
    budget = ShapeBudget()
    for k in range(MIN_SHAPES):
        assert budget.takes(k, 10_000, distinct=False)
        budget.derived[k] = False
    assert not budget.takes("next", 1, distinct=False)
    assert budget.takes(0, 10_000, distinct=False)
    assert budget.takes("distinct", 10_000, distinct=True)
    budget.derived["distinct"] = True
    assert not budget.takes("another", 1, distinct=True)
    assert ShapeBudget().takes("cheap", 1, distinct=False)


def test_the_cheap_shapes_of_a_run_are_asked_at():
    """As many as the minimum, one of them distinct; where one of them is refused another takes its place."""
    budget = ShapeBudget()
    shapes = {k: Asked(1000 - 100 * k, distinct=k == 1) for k in range(9)}
    budget.plan(shapes)
    assert set(budget.planned) == {1, 5, 6, 7, 8}
    assert not budget.takes(0, 1000, distinct=False)
    assert all(budget.takes(k, shapes[k].cost, distinct=shapes[k].distinct) for k in budget.planned)
    budget.derived = {1: True, 5: False, 6: False, 7: False}
    assert budget.takes(0, 1000, distinct=False)
    budget.derived[0] = False
    assert not budget.takes(2, 800, distinct=False)


def test_differences_are_asked_at_every_point_of_a_long_forward():
    """One trace by JAX serves all shapes of this one, and is run at few of them."""

    def forward(x):
        for _ in range(60):
            x = x * 1.0 + 0.25
        return x

    given = {"max_examples": 14, "backends": ["finite_difference", "autodiff"]}
    result = gradcheck.verify(forward, lambda d, x: d, {"x": "n m"}, **given)
    answered = {r.backend: r.answered for r in result.backends}
    assert result.passed
    assert MIN_SHAPES <= answered["autodiff"] < answered["finite_difference"]


def long(x):
    for _ in range(90):
        x = x * 1.0 + 0.25
    return x * len(x)  # a question about a size: JAX traces it shape by shape


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "pass"), (1.0 + 1e-9, "fail")])
def test_who_pays_for_shapes_is_asked_at_few_where_they_are_dear(factor, verdict):
    """The verdict is the same, and there are as many answers as are needed, one at distinct sizes."""
    given = {"max_examples": 12, "backends": ["finite_difference", "autodiff"]}
    result = gradcheck.verify(long, lambda d, x: factor * d * len(x), {"x": "n"}, **given)
    assert result.verdict == verdict
    asked, free = (
        next(r for r in result.backends if r.backend == n) for n in ("autodiff", "finite_difference")
    )
    assert asked.distinct
    if verdict == "pass":
        assert MIN_SHAPES <= asked.answered < free.answered
    else:
        assert min(asked.answered, free.answered) >= SETTLED


def wave(x):
    return np.tanh(x) * np.exp(-x) + x * x + np.sin(x)


def wave_back(d, x):
    return d * (np.exp(-x) * (1 - np.tanh(x) ** 2 - np.tanh(x)) + 2 * x + np.cos(x))


def test_who_agreed_often_enough_is_not_asked_again():
    """The differences are asked at all points; a forward of a few operations is checked by everyone."""
    rows = {r.backend: r for r in gradcheck.verify(wave, wave_back, {"x": "n"}).backends}
    assert MIN_ANSWERS <= rows["autodiff"].answered == rows["symbolic"].answered < 2 * AGREED
    assert rows["finite_difference"].answered >= 50
    assert rows["autodiff"].distinct
    cheap = gradcheck.verify(lambda x: x * x, lambda d, x: 2 * d * x, {"x": "n"})
    assert min(r.answered for r in cheap.backends) >= 50


def test_who_refuses_distinct_sizes_is_not_waited_for(monkeypatch):
    """SymPy has met its 5 shapes, refuses one of distinct sizes, and is spared the others; JAX has met some.
    The twin is wrong at a size that only later points have.
    """
    monkeypatch.setattr("gradcheck_backends.symbolic.MAX_ENTRIES", 16)
    shapes = {"x": "n m k"}
    result = gradcheck.verify(wave, wave_back, shapes)
    rows = {r.backend: r for r in result.backends}
    assert result.verdict == "pass"
    assert rows["symbolic"].answered >= MIN_ANSWERS
    assert rows["symbolic"].distinct == 0
    assert 0 < rows["autodiff"].distinct < rows["autodiff"].answered < rows["finite_difference"].answered / 2

    def wrong(d, x):
        return wave_back(d, x) * (1 + 1e-9 * (x.shape[0] == 7))

    assert gradcheck.verify(wave, wrong, shapes).verdict == "fail"


@pytest.mark.parametrize("size", [5, 7, 12])
def test_a_mistake_behind_many_agreements_is_told_by_everyone(size):
    """Whoever was not asked any more is asked again where the code is wrong."""

    def wrong(d, x):
        return wave_back(d, x) * (1 + 1e-9 * (x.shape[0] == size))

    result = gradcheck.verify(wave, wrong, {"x": "n"})
    assert result.verdict == "fail"
    assert result.counterexample.sizes == {"n": size}
    assert {r.verdict for r in result.backends} == {"fail"}


def outcome(backward):
    formula = Formula(lambda x: 2 * x, {"x": "n m"})
    formula.vjp(backward)
    return check_claim(formula.claims[0], backends=["finite_difference", "autodiff"])


def test_a_claim_that_failed_enough_is_judged_by_one_backend():
    """Every point is still run in float64."""
    sizes = set()

    def wrong(d, x):
        if type(x) is np.ndarray:
            sizes.add(x.shape)
        return 3 * d

    row = outcome(wrong).row
    assert row.verdict == "fail"
    assert row.points == 50
    assert sizes >= {tuple(shape.values()) for shape in row.shapes}
    pair = next(a for a in row.agreement if {a.first, a.second} == {"finite_difference", "autodiff"})
    assert pair.points == SETTLED


def test_what_raises_behind_many_failures_is_found():
    """The code is run where nobody is asked."""

    def raising(d, x):
        if x.shape[0] == 5:
            raise ValueError("this one")
        return 3 * d

    faults = [str(r.fault) for r in outcome(raising).results if r.fault is not None]
    assert faults
    assert all("this one" in text for text in faults)
