"""Arguments that live in a space: drawn there, and gradients compared along tangents only."""

import numpy as np
import pytest

import gradcheck
from gradcheck.formulas.spaces import Named
from gradcheck.judging.points.generation import generate
from tests.modes import corpus_spaces_models, scaling  # noqa: F401  (the former adds its cases)
from tests.modes.corpus_spaces import CASES
from tests.modes.test_jvp import layer_jvp

Q = {"shapes": {"q": "n", "A": "n n"}, "spaces": {"q": gradcheck.sphere}}
S = {"shapes": {"S": "n n", "x": "n"}, "spaces": {"S": gradcheck.symmetric}}
R = {"shapes": {"R": "n n", "B": "n n"}, "spaces": {"R": gradcheck.rotations}}
P = {"shapes": {"p": "n"}, "spaces": {"p": gradcheck.simplex}}
L = {"shapes": {"L": "n n", "x": "n"}, "spaces": {"L": gradcheck.lower_triangular}}


def rayleigh(q, A):
    return q @ A @ q


def trace_of(R, B):
    return np.sum(R * B) ** 2


def entropy(p):
    return -np.sum(p * np.log(p))


def length(L, x):
    return np.sum((L @ x) ** 2)


def squared(S, x):
    return x @ S @ S @ x


def beside(q, g):
    return g - q * (q @ g)


def skew(R, G):
    return R @ (R.T @ G - G.T @ R) / 2


RIGHT = {
    "sphere, projected": (rayleigh, lambda d, q, A: (d * beside(q, (A + A.T) @ q), None), Q),
    "sphere, as it is": (rayleigh, lambda d, q, A: (d * (A + A.T) @ q, d * np.outer(q, q)), Q),
    "symmetric, one half": (squared, lambda d, S, x: (2 * d * np.outer(x, S @ x), 2 * d * S @ S @ x), S),
    "symmetric, symmetrised": (
        squared,
        lambda d, S, x: (d * (np.outer(x, S @ x) + np.outer(S @ x, x)), 2 * d * S @ S @ x),
        S,
    ),
    "rotations": (trace_of, lambda d, R, B: (2 * d * np.sum(R * B) * skew(R, B), None), R),
    "simplex": (entropy, lambda d, p: -d * np.log(p), P),
    "triangle": (length, lambda d, L, x: (2 * d * np.tril(np.outer(L @ x, x)), 2 * d * L.T @ L @ x), L),
}
TWINS = {
    "sphere, not symmetrised": (rayleigh, lambda d, q, A: (d * beside(q, 2 * A @ q), None), Q),
    "sphere, another argument": (rayleigh, lambda d, q, A: (None, d * np.outer(q, q) + 1e-6), Q),
    "sphere, wrong by 1e-9": (rayleigh, lambda d, q, A: ((1 + 1e-9) * d * (A + A.T) @ q, None), Q),
    "symmetric, factor": (squared, lambda d, S, x: (d * np.outer(x, S @ x), None), S),
    "symmetric, one entry": (
        squared,
        lambda d, S, x: (2 * d * np.outer(x, S @ x) + 1e-3 * d * np.eye(x.size), None),
        S,
    ),
    "rotations, factor": (trace_of, lambda d, R, B: (4 * d * np.sum(R * B) * skew(R, B), None), R),
    "rotations, transposed": (trace_of, lambda d, R, B: (2 * d * np.sum(R * B) * B.T, None), R),
    "simplex": (entropy, lambda d, p: -d * p * np.log(p), P),
    "triangle, upper": (length, lambda d, L, x: (2 * d * np.triu(np.outer(L @ x, x)), None), L),
}


def checked(forward, backward, options, **other):
    settings = {"max_examples": 7, "backends": ["finite_difference", "symbolic"], **options, **other}
    return gradcheck.verify(forward, backward, **settings)


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_along_the_space_passes(name):
    assert checked(*RIGHT[name]).verdict == "pass"


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.usefixtures("undiagnosed")
def test_what_is_wrong_along_it_fails(name):
    assert checked(*TWINS[name]).verdict == "fail"


@pytest.mark.corpus(14)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.usefixtures("undiagnosed")
def test_the_corpus(name):
    """The right one passes and every twin fails."""
    forward, options, right, wrong = CASES[name]
    assert checked(forward, right, options).verdict == "pass"
    assert [checked(forward, w, options).verdict for w in wrong] == ["fail"] * len(wrong)


@pytest.mark.corpus(60)
@pytest.mark.parametrize("scale", scaling.SCALES)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.usefixtures("undiagnosed")
def test_no_false_alarm_at_any_scale(name, scale):
    """Of what lives in no space."""
    forward, options, right, _ = CASES[name]
    options = {**options, "values": scaling.values(options["shapes"], options, scale), "backends": None}
    found = checked(forward, right, options)
    assert found.verdict in scaling.QUIET, str(found)


@pytest.mark.usefixtures("undiagnosed")
@pytest.mark.parametrize("name", ["sphere, projected", "symmetric, one half", "rotations", "triangle"])
def test_without_the_declaration_it_fails_as_entries_do(name):
    forward, backward, options = RIGHT[name]
    values = {a: s.draw for a, s in options["spaces"].items()}
    if name == "triangle":  # its entries above the diagonal are derivatives like the others
        assert checked(forward, backward, {"shapes": options["shapes"]}).verdict == "fail"
    assert checked(forward, backward, {"shapes": options["shapes"], "values": values}).verdict == "fail"


def test_the_result_says_what_is_not_compared():
    notes = checked(*RIGHT["sphere, projected"]).row.notes
    assert any(n.startswith("dJ/dq: right along the sphere; the normal component") for n in notes)
    assert all("not compared" in n for n in notes if n.startswith("dJ/dq"))
    assert "dJ/dq: compared along the sphere only" in checked(*RIGHT["sphere, as it is"]).row.notes
    assert not [n for n in checked(*RIGHT["sphere, as it is"]).row.notes if n.startswith("dJ/dA")]
    found = checked(*TWINS["sphere, not symmetrised"])
    assert "along the sphere is" in found.reason


def test_symmetric_and_triangular_gradients_are_certified():
    """Their tangents are exact; a point on a sphere is rounded, and a tangent of it with it."""
    assert checked(*RIGHT["symmetric, one half"]).strength == "certified"
    assert checked(*RIGHT["triangle"]).strength == "certified"
    assert checked(*RIGHT["sphere, projected"]).strength == "agreed"


@pytest.mark.parametrize(
    ("space", "shape", "holds"),
    [
        (gradcheck.sphere, (3, 4), lambda x: np.sum(x**2, axis=-1) - 1),
        (gradcheck.symmetric, (4, 4), lambda x: x - x.T),
        (gradcheck.lower_triangular, (4, 4), lambda x: np.triu(x, 1)),
        (gradcheck.rotations, (2, 4, 4), lambda x: x @ np.swapaxes(x, -1, -2) - np.eye(4)),
        (gradcheck.rotations, (2, 4, 4), lambda x: np.linalg.det(x) - 1),
        (gradcheck.simplex, (3, 4), lambda x: np.sum(x, axis=-1) - 1),
    ],
)
def test_points_and_tangents_lie_in_the_space(space, shape, holds):
    """A tangent leaves the space at second order only; a direction that is none leaves it at first."""
    rng = np.random.default_rng(3)
    x, v = space.draw(shape, rng), rng.standard_normal(shape)
    along = space.tangent(x, v)
    assert np.max(np.abs(holds(x))) < 1e-12
    assert np.max(np.abs(space.tangent(x, along) - along)) < 1e-12  # it is a projection
    assert np.max(np.abs(holds(x + 1e-4 * along))) < 1e-7
    assert np.max(np.abs(holds(x + 1e-4 * v))) > 1e-6


class Ellipse:
    """A space of one's own: `x @ D @ x = 1`."""

    name = "ellipse"
    D = np.array([1.0, 4.0])

    def draw(self, shape, rng):
        x = rng.standard_normal(shape)
        return x / np.sqrt(np.sum(self.D * x * x))

    def tangent(self, x, v):
        normal = self.D * x
        return v - normal * np.sum(normal * v) / np.sum(normal * normal)


def test_a_space_of_ones_own():
    options = {"shapes": {"x": 2}, "spaces": {"x": Ellipse()}}
    right = checked(lambda x: np.sum(x**3), lambda d, x: d * (3 * x**2 + 7 * Ellipse.D * x), options)
    assert right.verdict == "pass" and any("along the ellipse" in n for n in right.row.notes)
    assert checked(lambda x: np.sum(x**3), lambda d, x: d * (3 * x**2 + 7 * x), options).verdict == "fail"


def test_arguments_are_drawn_in_their_space():
    formula = gradcheck.formula(shapes=Q["shapes"], spaces=Q["spaces"])(rayleigh)
    lengths = [float(p.args[0] @ p.args[0]) for p in generate(formula, max_examples=12, seed=0).points]
    assert max(abs(n - 1) for n in lengths) < 1e-12


@pytest.mark.parametrize(
    ("spaces", "words"),
    [
        ({"Q": gradcheck.sphere}, "there is no argument 'Q'"),
        ({"q": "sphere"}, "expected gradcheck.sphere"),
        (gradcheck.sphere, "expected a dict"),
        ({"q": Named("flat", gradcheck.sphere.draw, lambda v: v)}, "tangent"),
        ({"q": Named("flat", gradcheck.sphere.draw, lambda x, v: v[:1])}, "in the shape"),
    ],
)
def test_misuse_is_told(spaces, words):
    with pytest.raises(gradcheck.UsageError, match=words):
        checked(rayleigh, lambda d, q, A: (d * (A + A.T) @ q, None), {**Q, "spaces": spaces})


def test_other_claims_have_no_spaces():
    with pytest.raises(gradcheck.UsageError, match="spaces are for gradients, and this is a jvp claim"):
        gradcheck.verify(rayleigh, jvp=layer_jvp, **Q)


@pytest.mark.parametrize(("shape", "verdict"), [("1", "weak"), ("n", "fail")])
def test_where_a_space_is_a_point_no_gradient_is_wrong_and_none_passes(shape, verdict):
    """The sphere of one number has no tangents; on the others seven times the gradient is wrong."""
    result = gradcheck.verify(
        lambda x: np.sum(x**3),
        lambda d, x: 21 * d * x**2,
        shapes={"x": shape},
        spaces={"x": gradcheck.sphere},
        max_examples=10,
    )
    assert result.verdict == verdict


def nested(p, x):
    return p["q"] @ x + np.sum(p["b"] * x)


NESTED = {"shapes": {"p": {"q": "n", "b": "n"}, "x": "n"}}


def nested_backward(delta, p, x):
    return {"q": delta * beside(p["q"], x), "b": delta * x}, delta * (p["q"] + p["b"])


def test_a_space_of_a_part_of_a_nested_argument():
    options = {**NESTED, "spaces": {"p": {"q": gradcheck.sphere}}}
    assert checked(nested, nested_backward, options).verdict == "pass"
    doubled = lambda d, p, x: ({"q": 2 * d * x, "b": d * x}, d * (p["q"] + p["b"]))
    assert checked(nested, doubled, options).verdict == "fail"


def test_a_space_for_a_whole_nested_argument():
    options = {**NESTED, "spaces": {"p": gradcheck.sphere}}
    both = lambda d, p, x: ({"q": d * beside(p["q"], x), "b": d * beside(p["b"], x)}, None)
    assert checked(nested, both, options).verdict == "pass"
    one = lambda d, p, x: ({"q": d * x, "b": d * x * x}, None)
    assert checked(nested, one, options).verdict == "fail"


def test_an_unknown_part_is_told_of_spaces():
    with pytest.raises(gradcheck.UsageError, match=r"spaces: there is no p\[\"r\"\]; p has q, b"):
        checked(nested, nested_backward, {**NESTED, "spaces": {"p": {"r": gradcheck.sphere}}})


def test_a_weak_claim_on_a_space_gives_advice_about_the_space():
    still = Named("point", lambda shape, rng: np.ones(shape), lambda x, v: 0 * v)
    found = checked(lambda x: x @ x, lambda d, x: 3 * d * x, {"shapes": {"x": "n"}, "spaces": {"x": still}})
    assert found.verdict == "weak"
    assert "below resolution along its space" in found.reason and "values=" not in found.reason


SPECIAL = {
    "an axis": (
        "sphere",
        "n",
        lambda x: np.max(np.abs(x)) > 0.999,
        lambda x: np.sum(x**3),
        lambda x: 3 * x**2,
    ),
    "the identity": ("rotations", "n n", lambda x: np.allclose(x, np.eye(len(x))), np.sum, np.ones_like),
    "a diagonal matrix": (
        *("symmetric", "n n", lambda x: np.allclose(x, np.diag(np.diag(x)))),
        *(lambda x: np.sum(x**3), lambda x: 3 * x**2),
    ),
    "a diagonal factor": (
        *("lower_triangular", "n n", lambda x: np.allclose(x, np.diag(np.diag(x)))),
        *(lambda x: np.sum(x**3), lambda x: 3 * x**2),
    ),
    "equal weights": ("simplex", "n", lambda x: np.ptp(x) < 1e-9, lambda x: np.sum(x**3), lambda x: 3 * x**2),
    "a corner": ("simplex", "n", lambda x: np.max(x) > 0.99, lambda x: np.sum(x**3), lambda x: 3 * x**2),
}


@pytest.mark.parametrize("name", SPECIAL)
def test_special_points_are_tried(name, monkeypatch):
    monkeypatch.setattr("gradcheck.checking.writing.outcome.diagnosed", lambda *_, **__: [])
    space, shape, close, forward, slope = SPECIAL[name]
    options = {"shapes": {"x": shape}, "spaces": {"x": getattr(gradcheck, space)}}
    options |= {"where": lambda n: n > 1, "max_examples": 40, "backends": ["finite_difference"]}

    def backward(slip):
        def code(delta, x):
            bent = slip * np.arange(x.size).reshape(x.shape) if close(x) else 0
            return delta * slope(x) + bent

        return code

    assert gradcheck.verify(forward, backward(0), **options)
    assert gradcheck.verify(forward, backward(1), **options).verdict == "fail"
