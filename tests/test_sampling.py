"""Drawing outside of a test: the same for the same seed, whatever the profile, and refusals that say why."""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st

from gradcheck import UsageError, verify
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.points.generation import generate
from gradcheck.judging.points.sampling import each, filler

SHAPES = {"W": "n m", "x": "m"}


def drawn(seed):
    found = []
    each(10, seed, st.integers(0, 1000), found.append, "it")
    return found


def test_a_seed_repeats_its_examples():
    """And another gives others."""
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


@pytest.fixture
def profile():
    settings.register_profile("before", settings.default)
    yield lambda **how: (settings.register_profile("theirs", **how), settings.load_profile("theirs"))
    settings.load_profile("before")


def points(values=None):
    formula = Formula(lambda W, x: W @ x, SHAPES, values=values, name="wx")
    return [
        (dict(p.sizes), [a.tolist() for a in p.args], [d.tolist() for d in p.delta])
        for p in generate(formula, max_examples=25, seed=3).points
    ]


@pytest.mark.parametrize("values", [None, {"x": st.floats(-1, 1)}], ids=["presets", "a strategy"])
def test_a_users_profile_changes_no_point_and_prints_nothing(profile, capsys, values):
    """Points come from `seed` and `max_examples` alone."""
    before = points(values)
    profile(
        max_examples=2,
        derandomize=True,
        verbosity=Verbosity.debug,
        phases=[Phase.explicit],
        deadline=1,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    assert points(values) == before
    assert capsys.readouterr().out == ""


def test_drawing_works_inside_a_given():
    """Hypothesis refuses that; a thread does not."""

    @settings(max_examples=3, database=None)
    @given(st.integers(0, 5))
    def test(seed):
        assert drawn(seed) == drawn(seed)

    test()


def test_planned_shapes_are_met_with_drawn_elements_and_not_with_the_simplest():
    """Zeros would hide most mistakes."""
    planned = [p for p in points({"x": st.floats(-1, 1)}) if any(p[1][1])]
    assert len(planned) > 15


def test_a_filler_has_the_shape_and_the_strategys_entries():
    """float64, and drawn from the generator's state."""
    fill = filler(st.sampled_from([2.0, 3.0, 5.0]), "values['x']")
    arrays = [fill((2, 3), np.random.default_rng(seed)) for seed in range(8)]
    assert {a.shape for a in arrays} == {(2, 3)}
    assert {a.dtype for a in arrays} == {np.dtype(np.float64)}
    assert len({a.tobytes() for a in arrays}) > 2
    assert set(np.unique(arrays)) <= {2.0, 3.0, 5.0}
    assert fill((), np.random.default_rng(0)).shape == ()


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        (st.nothing(), "values['x']: the strategy draws nothing usable. Is a filter never true?"),
        (st.floats(0, 1).filter(lambda v: False), "values['x']: the strategy draws nothing usable"),
        (st.floats(0, 1).map(lambda v: 1 / 0), "drawing from it raises ZeroDivisionError: division by zero."),
        (st.text(), "values['x']: expected a Hypothesis strategy of single numbers, such as floats(-5, 5)"),
        (
            st.lists(st.floats(0, 1), min_size=2),
            "values['x']: expected a Hypothesis strategy of single numbers",
        ),
        (
            st.complex_numbers(min_magnitude=1),
            "values['x']: a Hypothesis strategy of complex numbers is not available",
        ),
        (st.floats(), "values['x']: values that are not finite were drawn. Draw finite ones only; of a Hyp"),
        (st.just(float("nan")), "with allow_nan=False and allow_infinity=False"),
    ],
)
def test_a_strategy_that_draws_nothing_usable_is_refused(strategy, words):
    """Of an argument, and of delta."""
    with pytest.raises(UsageError) as error:
        verify(lambda x: x * x, lambda d, x: 2 * d * x, {"x": "n"}, values={"x": strategy}, max_examples=20)
    assert words in str(error.value)
    with pytest.raises(UsageError) as error:
        verify(lambda x: x * x, lambda d, x: 2 * d * x, {"x": "n"}, delta=strategy, max_examples=20)
    assert words.replace("values['x']", "delta") in str(error.value)


def test_a_strategy_for_delta_is_drawn_from():
    """A mistake that only small deltas hide is hidden, and that others show is shown."""
    wrong = lambda d, x: 2 * np.where(np.abs(d) > 1, 0, d) * x
    small = verify(lambda x: x * x, wrong, {"x": "n"}, delta=st.floats(-1, 1), max_examples=12)
    large = verify(lambda x: x * x, wrong, {"x": "n"}, delta=st.floats(2, 3), max_examples=12)
    assert (small.verdict, large.verdict) == ("pass", "fail")
