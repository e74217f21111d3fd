"""Sentences that were false: of a line that is right, of another file, of a number that is zero."""

import importlib.util

import numpy as np

import gradcheck


def steps(w, X, y, lr=0.05):
    ws = []
    for x, t in zip(X, y, strict=True):
        ws.append(w)
        w = w - lr * (w @ x - t) * x
    return w, (ws, X, y, lr)


def steps_back(d, cache):
    ws, X, y, lr = cache
    gX, gy, g = np.zeros_like(X), np.zeros_like(y), d
    for i in range(len(y) - 1, -1, -1):
        x, w = X[i], ws[i]
        e, k = w @ x - y[i], -lr * (g @ x)
        gX[i] = -lr * e * d + k * w  # g for d
        gy[i] = -k
        g = g + k * x
    return g, gX, gy


def test_a_term_that_another_gradient_has_right_is_not_blamed():
    shapes = {"w": "D", "X": "N D", "y": "N"}
    found = gradcheck.verify(*gradcheck.with_cache(steps, steps_back), shapes=shapes)
    assert found.verdict == "fail"
    assert not any("k * x" in d.text for d in found.diagnosis)


def test_a_term_that_is_wrong_still_is():
    gelu = lambda x: 0.5 * x * (1 + np.tanh(0.8 * x))
    back = lambda d, x: d * (0.5 * (1 + np.tanh(0.8 * x)) + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi))
    (said,) = gradcheck.verify(gelu, back, {"x": "n"}).diagnosis
    assert "is not what it should be" in said.text


HORNER = """
import numpy as np
def f(c, x):
    p = 0.0 * x
    for a in c:
        p = p * x + a
    return p
def b(d, c, x):
    p, dp, gc, w = 0.0 * x, 0.0 * x, np.zeros_like(c), 1.0 + 0 * x
    for a in c:
        dp = dp * x + p{}
        p = p * x + a
    for i in range(len(c) - 1, -1, -1):
        gc[i] = np.sum(d * w)
        w = w * {}
    return gc, d * dp
"""


def test_the_same_function_in_two_files_is_named_by_its_own(tmp_path):
    for name, parts in {"first": ("*x", "x"), "second": ("", "w")}.items():
        path = tmp_path / f"{name}_attempt.py"
        path.write_text(HORNER.format(*parts))
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        result = gradcheck.verify(module.f, module.b, shapes={"c": "4", "x": "n"})
        assert result.verdict == "fail"
        assert all(f"({path.name}:" in d.text for d in result.diagnosis), result.diagnosis


def correlation(a, b, X, Y):
    u, v = X @ a, Y @ b
    u, v = u - u.mean(), v - v.mean()
    nu, nv = np.sqrt(u @ u), np.sqrt(v @ v)
    r = u @ v / (nu * nv)
    gu, gv = v / (nu * nv) - r * u / nu, u / (nu * nv) - r * v / nv**2
    return r, {"a": (X - X.mean(0)).T @ gu, "b": (Y - Y.mean(0)).T @ gv}


def test_what_is_zero_is_shown_as_zero():
    shapes = {"a": "p", "b": "q", "X": "N p", "Y": "N q"}
    pair = gradcheck.value_and_grad(correlation)
    found = gradcheck.verify(*pair, shapes=shapes, where=lambda N: N > 2, max_examples=12)
    assert found.verdict == "fail"
    assert "e-6" not in found.reason
    assert "say 0.0" in found.reason


def states(X, W, U, h):
    for x in X:
        h = np.tanh(W @ x + U @ h)
    return h


def states_back(later):
    def backward(d, X, W, U, h):
        hs = [h]
        for x in X:
            hs.append(np.tanh(W @ x + U @ hs[-1]))
        gX, gW, gU = np.zeros_like(X), np.zeros_like(W), np.zeros_like(U)
        for t in range(len(X) - 1, -1, -1):
            dz = d * (1 - hs[t + 1] ** 2)
            gW, gU, gX[t] = gW + np.outer(dz, X[t]), gU + np.outer(dz, hs[t + later]), W.T @ dz
            d = U.T @ dz
        return gX, gW, gU, d

    return backward


def test_a_state_of_another_step_is_no_value_of_the_same_name():
    shapes = {"X": "T D", "W": "H D", "U": "H H", "h": "H"}
    assert gradcheck.verify(states, states_back(0), shapes, max_examples=6).verdict == "pass"
    (said,) = gradcheck.verify(states, states_back(1), shapes, max_examples=6).diagnosis
    assert "uses `h`; should be `h`" not in said.text
    assert "`t + later`" in said.text or said.kind == "unexplained"


def normed(x, g, b):
    return g * (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5) + b


def normed_back(of_b=1.0, of_g=1.0):
    def backward(d, x, g, b):
        n, scale = len(x), 1 / np.sqrt(x.var(0) + 1e-5)
        z = (x - x.mean(0)) * scale
        gb, gg = d.sum(0), (d * z).sum(0) / (n if of_g is None else of_g)
        return g * scale / n * (n * d - gb - z * gg), gg, gb * (g if of_b is None else of_b)

    return backward


def test_what_is_said_of_a_normalisation_stands_where_it_is_wrong():
    shapes = {"x": "n m", "g": "m", "b": "m"}
    assert gradcheck.verify(normed, normed_back(), shapes, max_examples=6).verdict == "pass"
    (said,) = gradcheck.verify(normed, normed_back(of_b=None), shapes, max_examples=6).diagnosis
    assert "left out" not in said.text  # b does not come through the product with g
    wrong = gradcheck.verify(normed, normed_back(of_g=None), shapes, max_examples=6)
    assert not any("taken twice" in said.text for said in wrong.diagnosis)  # but divided by n twice


def test_a_function_that_should_not_be_there_leaves_what_it_is_taken_of():
    ridge = lambda W: 0.01 * np.sum(W**2)
    (said,) = gradcheck.verify(ridge, lambda d, W: 0.02 * d * np.sign(W), {"W": "n m"}).diagnosis
    assert "`np.sign(W)`" in said.text
    assert "should be W" in said.text
