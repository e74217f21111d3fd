"""Several enclosures of one gradient: intersected, held against each other, and never averaged."""

import numpy as np
import pytest

from gradcheck.arithmetic import precision
from gradcheck.backend import Answer, Problem
from gradcheck.errors import Contradiction, NoAnswer, Undecided, Unsupported
from gradcheck.judging.answers.backends import choose
from gradcheck.oracles.sources import Sources

X = np.array([0.5, 2.0])
ONES = (np.ones(2),)


def square(x):
    return x * x


def problem(function=square, x=X, outputs=((2,),)):
    return Problem(function, ("x",), (x,), (0,), outputs)


def enclosed(found, given=None, deltas=ONES, bits=212):
    with precision(bits):
        return Sources(found).enclose(given or problem(), deltas)[0]


def difference():
    return choose(["finite_difference"])


def middles(enclosure):
    return [float(b.mid()) for b in enclosure.balls]


def test_two_that_agree_are_both_named(told):
    found = [told("one", lambda d, x: 2 * x * d), told("two", lambda d, x: x * d + d * x)]

    enclosure = enclosed(found)

    assert middles(enclosure) == [1.0, 4.0]
    assert enclosure.sources == ("one", "two")
    assert enclosure.sharp


def test_two_that_exclude_each_other_are_an_error(told):
    """The wrong twin: not the last digit that a float64 could show is needed."""
    found = [told("one", lambda d, x: 2 * x * d), told("two", lambda d, x: 2 * x * d + x * 2.0**-90)]

    with pytest.raises(Contradiction, match=r"one and two contradict each other in dJ/dx\[0\]: .* bug"):
        enclosed(found)


def test_one_that_a_difference_of_the_forward_contradicts_is_an_error(told):
    with pytest.raises(Contradiction, match="finite_difference contradicts"):
        enclosed([told("one", lambda d, x: 2 * x * d + x * 2.0**-70), *difference()])


def test_a_difference_that_agrees_is_named(told):
    assert enclosed([told("one", lambda d, x: 2 * x * d), *difference()]).sources == (
        "one",
        "finite_difference",
    )


def test_rounded_constants_are_a_bound_and_no_contradiction(told):
    """Two derivations of x^2 / 3, which took 1/3 and 1 - 2/3 for float constants."""
    found = [told("one", lambda d, x: 2 * (1 / 3) * x * d), told("two", lambda d, x: 2 * x * d * (1 - 2 / 3))]

    enclosure = enclosed(found)

    assert not enclosure.sharp
    assert [float(b.rad()) for b in enclosure.balls] == pytest.approx([2e-16, 1e-15], rel=0.9)
    assert all(b.contains(x * 2 / 3) for b, x in zip(enclosure.balls, (0.5, 2.0), strict=True))


def test_a_difference_alone_is_no_enclosure():
    with pytest.raises(Unsupported, match="no backend encloses the gradient here"):
        enclosed(difference())


def test_reasons_are_told(told):
    found = [told("one", Unsupported("np.fft is not available")), told("two", NotImplementedError("oops"))]

    with pytest.raises(Unsupported, match=r"one: np.fft is not available; two: the backend failed"):
        enclosed(found)


@pytest.mark.parametrize("kind", [Undecided, NoAnswer, Unsupported])
def test_the_kind_of_the_refusal_is_kept(told, kind):
    def refuse(d, x):
        raise kind("not here")

    with pytest.raises(kind, match="one: not here") as caught:
        enclosed([told("one", refuse)])
    assert caught.type is kind


def test_a_refusal_is_remembered(told):
    found = told("one", Unsupported("no"))
    sources = Sources([found])
    for _ in range(2):
        with pytest.raises(Unsupported):
            sources.enclose(problem(), ONES)

    assert len(found.backend.asked) == 1


def test_programs_of_new_shapes_push_old_ones_out(told):
    found = told("one", lambda d, x: 2 * x * d)
    sources = Sources([found])
    for size in [*range(1, 80), 1]:
        with precision(212):
            sources.enclose(problem(x=np.ones(size), outputs=((size,),)), (np.ones(size),))

    assert len(found.backend.asked) == 80


def stable_softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def test_a_smooth_tie_is_answered_as_a_limit():
    """At 0 SymPy refuses and JAX's conventions give 0 + 1/2 - 0; the derivative is 1/2."""
    point = problem(stable_softplus, np.zeros(1), ((1,),))

    enclosure = enclosed(choose(None), point, (np.ones(1),))

    assert middles(enclosure) == pytest.approx([0.5], abs=1e-25)
    assert any("limit" in source for source in enclosure.sources)


def test_equal_maxima_of_a_smooth_function_are_answered():
    def stable(x):
        return np.log(np.sum(np.exp(x - np.max(x)))) + np.max(x)

    enclosure = enclosed(choose(None), problem(stable, np.ones(2), ((),)), (np.ones(()),))

    assert middles(enclosure) == [0.5, 0.5]
    assert "finite_difference" in enclosure.sources


def test_nothing_to_differentiate_is_nothing():
    labels = Problem(lambda y: y * 1.0, ("y",), (np.array([1, 2]),), (), ((2,),))

    assert Sources(choose(None)).enclose(labels, ONES) == {}


def test_an_estimate_is_no_enclosure(told):
    found = told("one", lambda d, x: 2 * x * d)

    class Estimate:
        name, install = "estimate", "none"

        def derive(self, problem):
            program = found.backend.derive(problem)
            program.vjp = lambda *a, **k: {0: Answer(np.ones(2, dtype=object), rigorous=False)}
            return program

    from gradcheck.judging.answers.backends import Found

    with pytest.raises(Unsupported, match=r"its answer is an estimate"):
        enclosed([Found("estimate", Estimate(), "1")])
