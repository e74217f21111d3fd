"""The points of a run."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.errors import UsageError
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.points.generation import draws, generate
from gradcheck.judging.points.point import ForwardFault
from gradcheck.judging.points.sizes import distinct
from tests.wording import NOT_SQUARE, SINGULAR


def wx(**how):
    return Formula(lambda W, x: W @ x, {"W": "n m", "x": "m"}, name="wx", **how)


def told(points):
    return [(p.origin, tuple(p.sizes.values()), p.args[0].tobytes(), p.delta[0].tobytes()) for p in points]


def test_the_same_seed_gives_the_same_points_and_another_seed_others():
    """Whatever ran before."""
    first, again, other = (generate(wx(), max_examples=25, seed=s).points for s in (3, 3, 4))
    assert told(first) == told(again)
    assert told(first) != told(other)


@pytest.mark.parametrize("count", [1, 12, 40])
def test_there_are_as_many_points_as_asked_for_and_never_fewer_than_the_plan(count):
    """The plan's shapes are always tried."""
    points = generate(wx(), max_examples=count, seed=0).points
    planned = [p for p in points if p.origin == "plan"]
    assert len(planned) == 9
    assert len(points) == max(count, len(planned))
    assert any(distinct(p.sizes) for p in planned)


def test_sizes_that_hypothesis_draws_stay_small_and_vary():
    """Shapes beyond the plan occur; large ones are the plan's business."""
    points = generate(wx(), max_examples=60, seed=0).points
    planned = {tuple(p.sizes.values()) for p in points if p.origin == "plan"}
    drawn = {tuple(p.sizes.values()) for p in points if p.origin == "drawn"}
    assert drawn - planned
    assert drawn & planned
    assert all(max(s) <= 8 for s in drawn - planned)


def test_values_differ_from_point_to_point_at_one_shape():
    """A shape that comes again comes with new values, mostly."""
    points = generate(Formula(np.sin, {"x": "3"}), max_examples=50, seed=0).points
    assert len({p.args[0].tobytes() for p in points}) > 40


def test_no_point_comes_twice():
    """A repeated point is a check that was not made."""
    points = generate(Formula(np.sin, {"x": "3"}), max_examples=50, seed=0).points
    assert len({p.args[0].tobytes() for p in points}) == 50


def test_an_array_fixes_its_argument_and_its_sizes():
    """Trained weights, a replay."""
    W = np.arange(6.0).reshape(2, 3)
    points = generate(wx(values={"W": W}), max_examples=10, seed=0).points
    assert all(p.sizes == {"n": 2, "m": 3} and np.array_equal(p.args[0], W) for p in points)
    assert len({p.args[1].tobytes() for p in points}) > 1
    half = generate(wx(values={"x": np.ones(4)}), max_examples=30, seed=0).points
    assert {p.sizes["m"] for p in half} == {4}
    assert len({p.sizes["n"] for p in half}) > 3


def test_a_strategy_of_elements_is_the_only_source():
    """In the planned shapes as well; the same seed gives the same elements."""
    formula = wx(values={"x": st.sampled_from([0.25, 4.0])})
    points = generate(formula, max_examples=15, seed=1).points
    assert set(np.concatenate([p.args[1] for p in points])) == {0.25, 4.0}
    assert any(p.origin == "plan" and max(p.sizes.values()) > 8 for p in points)
    assert told(points) == told(generate(formula, max_examples=15, seed=1).points)


def test_a_strategy_that_draws_nan_is_refused():
    """With the argument's name."""
    with pytest.raises(UsageError, match=r"values\['x'\]: values that are not finite"):
        generate(wx(values={"x": st.just(float("nan"))}), max_examples=5, seed=0)


def test_a_relation_holds_at_every_point_and_what_it_forbids_is_noted():
    """Among the points that Hypothesis drew too."""
    made = generate(wx(where=lambda n, m: m < n), max_examples=40, seed=0)
    assert all(p.sizes["m"] < p.sizes["n"] for p in made.points)
    assert made.notes == [
        "the declaration allows no shape with: all sizes 1, n = 1 beside larger sizes, n = m"
    ]
    assert generate(wx(), max_examples=5, seed=0).notes == []


def test_nothing_to_try_is_refused():
    """A relation that no size satisfies."""
    with pytest.raises(UsageError, match="wx: no sizes from 1 to 13 satisfy the shapes and where"):
        generate(wx(where=lambda n: n > 100), max_examples=5, seed=0)
    with pytest.raises(
        UsageError, match=r"satisfy the shapes and where with n = 2, m = 3\. There is nothing"
    ):
        generate(wx(values={"W": np.ones((2, 3))}, where=lambda n, m: n > m), max_examples=5, seed=0)
    with pytest.raises(UsageError, match=r"values\['x'\]: an empty array of shape \(0,\) was given"):
        wx(values={"x": np.zeros(0)})


def test_points_where_the_forward_is_not_finite_are_drawn_again_and_counted():
    """log of a normal draw is often NaN."""
    made = generate(Formula(np.log, {"x": "n"}), max_examples=20, seed=0)
    assert made.discarded > 0
    assert all((p.args[0] > 0).all() for p in made.points)
    never = generate(Formula(lambda x: x / 0.0, {"x": "n"}), max_examples=6, seed=0)
    assert never.points == []
    assert never.discarded >= 30


def test_a_forward_that_raises_at_one_size_is_found():
    """The plan has all sizes 1."""

    def needs_two(x):
        return x[0] * x[1]

    with pytest.raises(ForwardFault, match="IndexError"):
        generate(Formula(needs_two, {"x": "n"}), max_examples=5, seed=0)
    assert generate(Formula(needs_two, {"x": "n"}, where=lambda n: n > 1), max_examples=5, seed=0).points


@settings(max_examples=2)
@given(st.integers(0, 5))
def test_drawing_works_inside_a_users_own_given(seed):
    """Hypothesis refuses a given inside a given; the points are the same as outside."""
    inside = generate(wx(), max_examples=14, seed=seed).points
    assert len(inside) == 14
    assert {p.origin for p in inside} == {"plan", "drawn"}


def test_drawing_inside_a_given_gives_the_points_of_outside():
    """The same seed, the same points."""
    outside = told(generate(wx(), max_examples=14, seed=2).points)

    @settings(max_examples=1, database=None)
    @given(st.none())
    def inside(_):
        assert told(generate(wx(), max_examples=14, seed=2).points) == outside

    inside()


def test_drawing_leaves_the_global_generators_alone():
    """NumPy's and Python's random state are the user's."""
    import random

    np.random.seed(7)
    random.seed(7)
    before = (np.random.get_state()[1].tolist(), random.getstate())
    list(draws(wx(values={"x": st.floats(-1, 1)}), 20, 0, []))
    generate(wx(), max_examples=20, seed=0)
    assert (np.random.get_state()[1].tolist(), random.getstate()) == before


def test_a_singular_matrix_is_left_out_and_noted_and_one_that_is_not_square_is_a_fault():
    """Zeros and ties make singular matrices, which no inverse is meant for, as no logarithm is for -1."""
    drawn = generate(Formula(np.linalg.inv, {"A": "n n"}), max_examples=50, seed=2)
    assert len(drawn.points) == 50
    assert drawn.discarded > 1
    assert drawn.notes == [
        f"{drawn.discarded} of what was drawn were left out: the forward raises LinAlgError: {SINGULAR}"
    ]
    assert generate(wx(), max_examples=50, seed=2).notes == []
    with pytest.raises(ForwardFault, match=NOT_SQUARE):
        generate(Formula(np.linalg.inv, {"A": "n m"}), max_examples=10, seed=0)


def test_a_forward_that_raises_is_shown_with_the_shapes_that_it_was_given():
    """So that it is seen which argument contradicts which."""
    matvec = Formula(lambda W, x, s: s * (W @ x), {"W": "n m", "x": "n", "s": ""})
    with pytest.raises(ForwardFault) as fault:
        generate(matvec, max_examples=5, seed=0)
    assert str(fault.value).startswith("at n = 3, m = 2 the forward raises ValueError: matmul: ")
    assert str(fault.value).endswith(
        ", given W of shape (3, 2), x of shape (3,), a number s. "
        "Sizes that it is not meant for are left out with where=, values with values="
    )

    def other(x):
        raise TypeError("nothing about shapes")

    with pytest.raises(ForwardFault) as fault:
        generate(Formula(other, {"x": "n"}), max_examples=5, seed=0)
    assert str(fault.value).endswith('raise TypeError("nothing about shapes"))')
