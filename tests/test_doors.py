"""How people come in: a truth value, loss and gradients, SciPy's fun and jac, arrays of one's own."""

import functools
import time

import numpy as np
import pytest

import gradcheck
from gradcheck import UsageError, value_and_grad, verify

FEW = {"max_examples": 12}


def product(W, x):
    return W @ x


def right(delta, W, x):
    return np.outer(delta, x), W.T @ delta


def wrong(delta, W, x):
    return np.outer(delta, x), 2 * W.T @ delta


SHAPES = {"W": "n m", "x": "m"}


def test_a_result_is_true_for_a_pass_only():
    """So that `assert gradcheck.verify(...)` says what it seems to say."""
    assert bool(verify(product, right, SHAPES, **FEW)) is True
    assert bool(verify(product, wrong, SHAPES, **FEW)) is False
    assert not verify(product, lambda d, W, x: (d,), SHAPES, **FEW)  # error
    assert not verify(product, right, SHAPES, values={"W": np.eye(3)}, **FEW)  # weak
    chain = gradcheck.chain([gradcheck.Layer(product, right, SHAPES)])
    assert verify(chain, **FEW)


# -- loss and gradients


def two_layer(X, y, params, reg, factor=2, masked=True):
    """The net of a course's assignment: affine, ReLU, affine, softmax, L2."""
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    N = X.shape[0]
    h = np.maximum(0, X @ W1 + b1)
    scores = h @ W2 + b2
    scores -= np.max(scores, axis=1, keepdims=True)
    p = np.exp(scores)
    p /= np.sum(p, axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N
    loss += reg * (np.sum(W1 * W1) + np.sum(W2 * W2))

    dscores = p.copy()
    dscores[range(N), y] -= 1
    dscores /= N
    dh = dscores @ W2.T
    if masked:
        dh[h <= 0] = 0
    grads = {"W2": h.T @ dscores + factor * reg * W2, "b2": np.sum(dscores, axis=0)}
    grads["W1"] = X.T @ dh + 2 * reg * W1
    grads["b1"] = np.sum(dh, axis=0)
    return loss, grads


def check_net(**settings):
    return verify(
        *value_and_grad(functools.partial(two_layer, reg=0.05, **settings)),
        shapes={"X": "N D", "y": "N", "params": {"W1": "D H", "b1": "H", "W2": "H 3", "b2": "3"}},
        values={"y": gradcheck.integers(0, 3)},
        max_examples=20,
    )


def test_the_net_of_an_assignment_is_checked_by_every_backend():
    """Within 10 s of CPU; labels, `-= 1` and the mask run in every arithmetic."""
    started = time.process_time()
    result = check_net()
    assert time.process_time() - started < 10
    assert (result.verdict, result.strength) == ("pass", "proved")
    assert {row.backend: row.verdict for row in result.backends} == dict.fromkeys(
        ("symbolic", "finite_difference", "autodiff"), "pass"
    )
    assert result.unchecked == ("dJ/dX",)


def test_a_wrong_regularisation_is_explained():
    result = check_net(factor=1)
    assert result.verdict == "fail"
    assert [d.quantity for d in result.diagnosis] == ['dJ/dparams["W2"]']
    assert 'too small by 0.05 params["W2"]' in result.diagnosis[0].text


def test_a_missing_mask_is_refuted():
    result = check_net(masked=False)
    assert result.verdict == "fail"
    assert {d.quantity for d in result.diagnosis} == {'dJ/dparams["W1"]', 'dJ/dparams["b1"]'}


def test_one_hot_labels_make_a_proof():
    """Of the same net, written with products in place of indices."""

    def net(X, Y, params):
        h = np.maximum(0, X @ params["W1"])
        s = h @ params["W2"]
        e = np.exp(s - np.max(s, axis=1, keepdims=True))
        p = e / np.sum(e, axis=1, keepdims=True)
        loss = -np.sum(Y * np.log(p)) / X.shape[0] + 0.5 * np.sum(params["W2"] ** 2)
        ds = (p - Y) / X.shape[0]
        dh = ds @ params["W2"].T
        dh[h <= 0] = 0
        return loss, {"W1": X.T @ dh, "W2": h.T @ ds + params["W2"]}

    shapes = {"X": "N D", "Y": "N C", "params": {"W1": "D H", "W2": "H C"}}
    result = verify(*value_and_grad(net), shapes=shapes, values={"Y": gradcheck.one_hot}, **FEW)
    assert (result.verdict, result.strength) == ("pass", "proved")


FORMS = {
    "array": (lambda x: (np.sum(x**2), 2 * x), {"x": "n"}, ()),
    "tuple": (lambda x, y: (np.sum(x * y), (y, x)), {"x": "n", "y": "n"}, ()),
    "list, one not checked": (lambda x, y: (np.sum(x * y), [y, None]), {"x": "n", "y": "n"}, ("dJ/dy",)),
    "by name": (lambda x, y: (np.sum(x * y), {"y": x, "x": y}), {"x": "n", "y": "n"}, ()),
    "some by name": (lambda x, y: (np.sum(x * y), {"x": y}), {"x": "n", "y": "n"}, ("dJ/dy",)),
    "some by key": (
        lambda x, p: (np.sum(x * p["a"]), {"a": x}), {"x": "n", "p": {"a": "n", "b": "m"}},
        ('dJ/dp["b"]', "dJ/dx"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fun", "shapes", "unchecked"), FORMS.values(), ids=FORMS)
def test_gradients_come_in_every_form(fun, shapes, unchecked):
    """What is not given is listed; a wrong twin of the same form fails."""
    result = verify(*value_and_grad(fun), shapes=shapes, **FEW)
    assert (result.verdict, result.unchecked) == ("pass", unchecked)

    def doubled(*args):
        value, gradients = fun(*args)
        return value / 2, gradients

    assert verify(*value_and_grad(doubled), shapes=shapes, **FEW).verdict == "fail"


def test_the_pair_is_the_value_and_delta_times_the_gradients():
    value, backward = value_and_grad(lambda x, p: (np.sum(x) + p["b"][0], (np.ones(2), {"b": np.ones(1)})))
    x, p = np.ones(2), {"b": np.ones(1)}
    assert value(x, p) == 3
    dx, dp = backward(5.0, x, p)
    assert dx.tolist() == [5, 5]
    assert dp == {"b": [5]}


# -- SciPy


def quadratic(x, A, b):
    return 0.5 * x @ A @ x - b @ x


SCIPY = {
    "gradient": (
        quadratic, lambda x, A, b: 0.5 * (A + A.T) @ x - b, lambda x, A, b: A @ x - b,
        {"x": "n", "A": "n n", "b": "n"},
    ),
    "Jacobian": (
        lambda x: np.array([x[0] * x[1], x[1] ** 2, x[0]]),
        lambda x: np.array([[x[1], x[0]], [0 * x[0], 2 * x[1]], [1 + 0 * x[0], 0 * x[0]]]),
        lambda x: np.array([[x[0], x[1]], [0 * x[0], 2 * x[1]], [1 + 0 * x[0], 0 * x[0]]]),
        {"x": 2},
    ),
    "both at once": (
        lambda x: (np.sum(x**3), 3 * x**2), True, None, {"x": "n"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fun", "jac", "twin", "shapes"), SCIPY.values(), ids=SCIPY)
def test_scipys_fun_and_jac(fun, jac, twin, shapes):
    """And the line that runs a failure again."""
    assert verify(fun, jac=jac, shapes=shapes, **FEW)
    if jac is True:
        result = verify(lambda x: (fun(x)[0], 2 * fun(x)[1]), jac=True, shapes=shapes, **FEW)
        assert result.verdict == "fail"
        assert "jac=True" in result.reproduce
        return
    result = verify(fun, jac=twin, shapes=shapes, **FEW)
    assert result.verdict == "fail"
    line = result.reproduce
    names = {"gradcheck": gradcheck, "np": np, "forward": fun, "quadratic": quadratic, "jac": twin}
    assert eval(line, names).verdict == "fail"


# -- arrays of one's own


def test_a_check_at_given_arrays():
    """Sizes are theirs, nested ones too; several deltas."""
    rng = np.random.default_rng(0)
    W, x = rng.normal(size=(3, 4)), rng.normal(size=4)
    result = verify(product, right, args=(W, x))
    assert result.verdict == "pass"
    assert result.row.shapes == [{}]
    assert result.row.points >= 5
    twin = verify(product, wrong, args=(W, x))
    assert twin.verdict == "fail"
    assert np.array_equal(twin.counterexample.arrays["W"], W)
    assert verify(product, right, SHAPES, args=(W, x))

    def nested(p, x):
        return p["W"] @ x

    def backward(delta, p, x):
        return {"W": np.outer(delta, x)}, p["W"].T @ delta

    assert verify(nested, backward, args=({"W": W}, x))
    assert verify(lambda x: np.sum(x**2), lambda d, x: d * 2 * x, args=([1.0, 2.0],))


def test_a_mistake_that_one_delta_hides_is_seen_with_others():
    """Delta is not used: right where it is all ones."""
    x = np.arange(3.0)
    assert verify(lambda x: x**2, lambda d, x: 2 * x, args=(x,)).verdict == "fail"


W = np.ones((2, 3))


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"args": W}, "args: expected a tuple with one value for each argument"),
        ({"args": (W,)}, "args: expected one value for each of W, x, got 1."),
        ({"args": (W, np.ones(3), W)}, "args: expected one value for each of W, x, got 3."),
        ({"args": ("a", np.ones(3))}, "args: W is 'a'; expected an array of numbers."),
        ({"args": (W, W[0] * np.nan)}, "args: x holds values that are not finite"),
        ({"args": (W, None)}, "args: x is None; expected an array of numbers."),
        ({"args": ([[1.0, 2.0], [3.0]], W)}, "args: W is [[1.0, 2.0], [3.0]]; expected an array of numbers."),
        (
            {"args": (W, np.ones(3)), "shapes": {"W": "n m"}},
            "args: expected one value for each of W, got 2",
        ),
        ({"args": (W, np.ones(2)), "shapes": SHAPES}, "makes m = "),
        ({"args": (W, np.ones(0))}, "x is an empty array"),
        ({"args": (W, np.ones(3)), "values": {"W": W}}, "leave values out"),
        ({"shapes": SHAPES, "jac": right}, "give a backward or jac, not both"),
    ],
)
def test_what_cannot_be_meant_is_refused(how, told):
    with pytest.raises(UsageError) as caught:
        verify(product, right, **how)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (
            (W, np.ones(2)),
            "x of shape (2,). Give arrays with which the forward runs",
        ),
        (([[1, 2], [3, 4]], [1, 2]), "need floating-point values. W and x hold integers: give floats"),
    ],
)
def test_given_arrays_that_do_not_fit_are_told_apart_from_sizes_that_are_drawn(args, told):
    result = verify(product, right, args=args)
    assert result.verdict == "error"
    assert result.reason.endswith(told)


def picked(P, y):
    return -np.sum(np.log(P[np.arange(len(y)), y]))


def picked_in_a_loop(P, y):
    return sum(P[i, y[i]] for i in range(len(y)))


@pytest.mark.parametrize("forward", [picked, picked_in_a_loop])
def test_labels_without_values_are_told_how_to_be_declared(forward):
    def backward(delta, P, y):
        return np.zeros_like(P), None

    result = verify(forward, backward, {"P": "n 3", "y": "n"}, values={"P": gradcheck.positive})
    assert result.verdict == "error"
    assert result.reason.endswith(
        'Does y hold labels or indices? Then say so: values={"y": gradcheck.integers(0, C)}, with C the '
        "number of classes"
    )
    given = verify(forward, backward, args=(np.ones((2, 3)), np.ones(2)))
    assert given.reason.endswith("Give y as integers: it indexes, and holds float64")


def test_the_twin_another_mistake_in_indices_is_not_taken_for_labels():
    result = verify(lambda P, y: P[len(y)] * 1.0, lambda d, P, y: (P, y), {"P": "n", "y": "n"})
    assert "labels" not in result.reason
    assert result.reason.endswith("values with values=")


def test_jac_of_a_nested_argument_is_refused():
    with pytest.raises(UsageError, match=r'jac: the first argument must be one array, but p holds p\["W"\]'):
        verify(lambda p: np.sum(p["W"]), jac=lambda p: 1, shapes={"p": {"W": "n"}})


# -- mistakes in the use


def with_default(W, x, c=1.0):
    return c * W @ x


USES = {
    "too few": (product, lambda d, W, x: (d,), "expected 2 gradients, one for each of W, x, got 1"),
    "too many, for a default": (
        with_default,
        lambda d, W, x, c=1.0: (*right(d, W, x), 0.0),
        "with_default runs with c=1.0, without an entry in shapes",
    ),
    "a name": (product, lambda d, W, x: {"w": d, "x": d}, "Did you mean 'W'?"),
    "no pair": (*value_and_grad(product), "must return (value, gradients), but it returned ndarray"),
    "a default that counts": (
        *value_and_grad(lambda W, x, y=None: W @ x), "it ran with its defaults y=None",
    ),
    "no scalar": (*value_and_grad(lambda W, x: (x, (W, x))), "must be a scalar, but it has the shape"),
    "the gradients first": (
        *value_and_grad(lambda W, x: ({"W": W, "x": x}, np.sum(W @ x))), "returns its gradients first",
    ),
    "a list of numbers": (
        lambda W, x: [np.sum(w * x) for w in W], right, "return np.array(...) where one array is meant",
    ),
    "loss, grads as a forward": (
        lambda W, x: (np.sum(W @ x), {"W": W}), right, "gradcheck.value_and_grad",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("forward", "backward", "told"), USES.values(), ids=USES)
def test_a_mistake_in_the_use_is_told_once_and_at_once(forward, backward, told):
    """Within half a second, before any points are drawn, in one sentence."""
    verify(product, right, SHAPES, **FEW)  # imports
    started = time.process_time()
    result = verify(forward, backward, SHAPES)
    assert time.process_time() - started < 0.5
    assert result.verdict == "error"
    assert result.row.points == 0
    assert str(result).count(told) == 1


def test_an_argument_between_two_is_not_dropped_for_its_default():
    """`b` would be taken for `W`."""

    def affine(x, W=None, b=None):
        return x @ W + b

    with pytest.raises(UsageError, match="'b' would be taken for 'W'"):
        verify(affine, right, {"x": "m", "b": "n"})


class Net:
    """A course's assignment: its parameters are in a dict of the object."""

    def __init__(self):
        self.params = {"W": np.ones((3, 2)), "b": np.zeros(2)}

    def loss(self, X):
        z = X @ self.params["W"] + self.params["b"]
        return 0.5 * np.sum(z**2), {"W": X.T @ z, "b": z.sum(axis=0)}


def test_gradients_of_what_the_object_keeps_are_told_as_such():
    pair = gradcheck.value_and_grad(Net().loss)
    result = gradcheck.verify(*pair, shapes={"X": "N 3"})
    assert result.verdict == "error"
    assert "def f(X, params): net.params = params; return net.loss(X)" in result.reason


def test_and_as_an_argument_they_are_checked():
    def f(X, params):
        net = Net()
        net.params = params
        return net.loss(X)

    shapes = {"X": "N 3", "params": {"W": "3 2", "b": "2"}}
    assert gradcheck.verify(*gradcheck.value_and_grad(f), shapes=shapes, max_examples=12)


@pytest.mark.parametrize(("factor", "verdict"), [(1, "pass"), (2, "fail")])
def test_gradients_may_be_called_d_and_the_name(factor, verdict):
    """As courses do: `{"dw": ..., "db": ...}`; a key that is an argument's own name stays what it is."""

    def squares(w, b):
        return np.sum((w - b) ** 2), {"dw": factor * 2 * (w - b), "db": -2 * np.sum(w - b)}

    result = verify(*value_and_grad(squares), shapes={"w": "n", "b": ""}, **FEW)
    assert (result.verdict, result.unchecked) == (verdict, ())

    def own(d, w):
        return np.sum(d * w), {"d": w, "w": d}

    assert verify(*value_and_grad(own), shapes={"d": "n", "w": "n"}, **FEW)


def test_hessp_in_the_order_of_scipy_is_told_how_it_is_called():
    """SciPy has the point first, and one array as v."""
    forward, about = lambda x: np.sum(x**3), {"shapes": {"x": "n"}, **FEW}
    turned = verify(forward, hvp=lambda x, p: 6 * x[:, None] * p, **about)
    assert turned.verdict == "fail"
    assert "write lambda v, x: hessp(x, v[0])" in str(turned)
    assert verify(forward, hvp=lambda v, x: 6 * x * v[0], **about)
