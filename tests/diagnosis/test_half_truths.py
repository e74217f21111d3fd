"""Sentences that were half true: each with the words that are wholly so, or another mistake of its kind."""

import numpy as np
import pytest

import gradcheck


def said(forward, backward, shapes, **how):
    result = gradcheck.verify(forward, backward, shapes=shapes, max_examples=16, **how)
    assert result.verdict == "fail"
    return "; ".join(d.text for d in result.diagnosis)


def clipped(x):
    return np.clip(x, -1, 1)


@pytest.mark.parametrize(
    ("backward", "bound"),
    [
        (lambda d, x: d * (x < 1), "the lower bound -1"),
        (lambda d, x: d * (x > -1), "the upper bound 1"),
    ],
)
def test_one_bound_of_two_is_named(backward, bound):
    text = said(clipped, backward, {"x": "n"})
    assert f"{bound} of `np.clip(x, -1, 1)`" in text
    assert "is forgotten on the way back" in text


def test_both_bounds_are_the_whole_function():
    text = said(clipped, lambda d, x: d, {"x": "n"})
    assert "the derivative of `np.clip(x, -1, 1)`" in text
    assert "left out" in text


def test_a_clip_that_is_right_passes():
    assert gradcheck.verify(clipped, lambda d, x: d * (np.abs(x) < 1), shapes={"x": "n"}, max_examples=16)


def test_a_sum_for_a_mean_is_no_missing_derivative_of_what_is_averaged():
    text = said(
        lambda p: -np.log(p).mean(), lambda d, p: -d / p, {"p": "n"}, values={"p": gradcheck.positive}
    )
    assert "too large by the factor n" in text
    two = said(
        lambda w, x: np.mean((x @ w) ** 2) + 0.1 * w @ w,
        lambda d, w, x: (d * (2 * x.T @ (x @ w) + 0.2 * w), None),
        {"w": "m", "x": "n m"},
    )
    assert "the division by the number of entries is left out" in two


def test_equal_factors_are_not_told_apart():
    """`the part that comes through w` would be both of them."""
    result = gradcheck.verify(
        lambda w: 0.1 * np.sum(np.abs(w)) + 0.2 * np.sum(w * w),
        jac=lambda w: 0.1 * np.sign(w) + 0.2 * w,
        shapes={"w": "n"},
        max_examples=16,
    )
    (found,) = result.diagnosis
    assert "only one of the two equal factors of `w * w`" in found.text


def test_a_number_that_comes_back_is_no_argument():
    """Where there is no delta, 1 comes back, and a slope taken there is a constant."""
    result = gradcheck.verify(
        lambda x: np.sqrt(x @ x + 1e-12), jac=lambda x: x, shapes={"x": "n"}, max_examples=16
    )
    (found,) = result.diagnosis
    assert "a division by it is left out" in found.text


def softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attention(Q, K, V):
    return softmax(Q @ K.T / np.sqrt(Q.shape[1])) @ V


def unscaled_in_dV(d, Q, K, V):
    p = softmax(Q @ K.T / np.sqrt(Q.shape[1]))
    dp = d @ V.T
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True)) / np.sqrt(Q.shape[1])
    return ds @ K, ds.T @ Q, softmax(Q @ K.T).T @ d


def test_no_value_is_named_by_the_operation_that_it_should_stand_in():
    text = said(attention, unscaled_in_dV, {"Q": "n d", "K": "m d", "V": "m v"})
    assert "should be" in text
    assert "Q @ K.T / np.sqrt(Q.shape[1])" in text


def test_a_softmax_by_its_diagonal():
    text = said(softmax, lambda d, s: d * softmax(s) * (1 - softmax(s)), {"s": "n m"})
    assert "is taken to depend on its own input alone" in text


def lstm(x, h, c, W, b):
    H = len(h)
    z = W @ np.concatenate([x, h]) + b
    i, f, o = (1 / (1 + np.exp(-z[k * H : (k + 1) * H])) for k in range(3))
    g = np.tanh(z[3 * H :])
    new = f * c + i * g
    return o * np.tanh(new), new


def forget_gate_by_the_new_state(d, x, h, c, W, b):
    dh, dc = d
    H = len(h)
    z = W @ np.concatenate([x, h]) + b
    i, f, o = (1 / (1 + np.exp(-z[k * H : (k + 1) * H])) for k in range(3))
    g = np.tanh(z[3 * H :])
    new = f * c + i * g
    t = np.tanh(new)
    dn = dc + dh * o * (1 - t**2)
    dz = np.concatenate(
        [dn * g * i * (1 - i), dn * new * f * (1 - f), dh * t * o * (1 - o), dn * i * (1 - g**2)]
    )
    dv = W.T @ dz
    return dv[: len(x)], dv[len(x) :], dn * f, np.outer(dz, np.concatenate([x, h])), dz


def test_in_long_code_the_way_back_is_looked_at_first():
    shapes = {"x": "D", "h": "H", "c": "H", "W": "4*H D+H", "b": "4*H"}
    assert "should be c" in said(lstm, forget_gate_by_the_new_state, shapes)


class Dropout:
    def __init__(self, fresh):
        self.fresh = fresh

    def draw(self, shape):
        return (np.random.rand(*shape) < 0.5) * 2.0

    def forward(self, x):
        self.mask = self.draw(x.shape)
        return x * self.mask

    def backward(self, dout):
        return dout * (self.draw(dout.shape) if self.fresh else self.mask)


def test_a_mask_drawn_anew_is_no_stale_cache():
    text = said(*gradcheck.layer(Dropout(fresh=True), seed=0), {"x": "n m"})
    assert text.startswith("the backward pass draws random numbers of its own")
    assert gradcheck.verify(
        *gradcheck.layer(Dropout(fresh=False), seed=0), shapes={"x": "n m"}, max_examples=16
    )


def tanh(x):
    return np.tanh(x)


def pade(x):
    return x * (27 + x**2) / (27 + 9 * x**2)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_factor_that_few_numbers_allow_is_no_explanation(dtype):
    """Another function than tanh: where it is right, the factor would make it wrong."""
    text = said(tanh, lambda d, x: d * (1 - pade(x) ** 2), {"x": ""}, dtype=dtype)
    assert "times" not in text


def test_a_factor_that_all_numbers_allow_is_one():
    text = said(tanh, lambda d, x: 0.7 * d * (1 - np.tanh(x) ** 2), {"x": ""}, dtype="bfloat16")
    assert "factor" in text


def guarded(x):
    m = np.max(x)
    if not np.isfinite(m):
        m = 0.0
    return m + np.log(np.sum(np.exp(x - m)))


def guarded_backward(d, x):
    e = np.exp(x - np.max(x))
    return d * e / np.sum(e)


def beside_a_size(x):
    if np.isnan(x).any() or len(x) > 3000:
        return 2 * x.sum()
    return x.sum()


def test_what_declared_values_never_are_is_not_untried():
    assert gradcheck.verify(guarded, guarded_backward, shapes={"x": "n"}, max_examples=16).untried == ()
    (left,) = gradcheck.verify(
        beside_a_size, lambda d, x: d * np.ones_like(x), shapes={"x": "n"}, max_examples=16
    ).untried
    assert "len(x) > 3000" in left.what


def convolved(x, w):
    rows, columns = x.shape[0] - 1, x.shape[1] - 1
    return np.array([[np.sum(x[i : i + 2, j : j + 2] * w) for j in range(columns)] for i in range(rows)])


def last_window_alone(d, x, w):
    for i in range(d.shape[0]):
        for j in range(d.shape[1]):
            dw = d[i, j] * x[i : i + 2, j : j + 2]
    return None, dw


def last_column_alone(d, x, w):
    return None, sum(d[i, -1] * x[i : i + 2, -2:] for i in range(d.shape[0]))


@pytest.mark.parametrize(
    ("backward", "axes"), [(last_window_alone, "axes 0 and 1 counts"), (last_column_alone, "axis 1 counts")]
)
def test_an_axis_of_one_entry_is_not_passed_over(backward, axes):
    """At the smallest sizes the last window and the last column are the same."""
    shapes = {"x": "H W", "w": "2 2"}
    text = said(convolved, backward, shapes, where=lambda H, W: H > 1 and W > 1)
    assert f"only the last entry of delta along {axes}" in text


def leaky(x):
    return np.where(x > 0, x, 0.01 * x)


def test_where_delta_is_not_used_is_said():
    text = said(leaky, lambda d, x: np.where(x > 0, d, 0.01), {"x": "n m"})
    assert "wrong only where x < 0, where delta is not used" in text


SCALE, BEND = 1.0507009873554805, 1.6732632423543772


def selu(x):
    return SCALE * np.where(x > 0, x, BEND * (np.exp(x) - 1))


def test_how_large_it_is_where_it_is_wrong_is_said():
    text = said(selu, lambda d, x: d * np.where(x > 0, SCALE, BEND * np.exp(x)), {"x": "n m"})
    assert "wrong only where x < 0, where it is about 0.9517 times the right one" in text
    text = said(selu, lambda d, x: d * np.where(x > 0, SCALE, np.exp(2 * x)), {"x": "n m"})
    assert "times" not in text
    assert "delta is not used" not in text


def recurrent(x, W, h):
    states = []
    for t in range(len(x)):
        h = np.tanh(x[t] + W @ h)
        states.append(h)
    return np.stack(states)


def truncated(steps):
    def backward(d, x, W, h):
        states = [h, *recurrent(x, W, h)]
        dx, dW = np.zeros_like(x), np.zeros_like(W)
        for t in range(len(x)):
            g = d[t]
            for s in range(t, max(-1, t - steps), -1):
                dz = g * (1 - states[s + 1] ** 2)
                dx[s] += dz
                dW += np.outer(dz, states[s])
                g = W.T @ dz
        return dx, dW, None

    return backward


def test_a_way_back_that_stops_after_some_turns():
    shapes = {"x": "T n", "W": "n n", "h": "n"}
    text = said(recurrent, truncated(2), shapes)
    assert "what comes back through `h` in `W @ h`" in text
    assert "is cut off after 1 step through the loop" in text
    assert "is missing" in said(recurrent, truncated(1), shapes)
    assert gradcheck.verify(recurrent, truncated(99), shapes=shapes, max_examples=12)


def linear(x, W):
    return x @ W


def doubled(beside):
    """Twice the gradient where there are several rows, and of one row what is ``beside``."""

    def backward(d, x, W):
        dx = np.dot(d, W.T)
        twice = np.array([[2 * float(v) for v in row] for row in dx])
        return twice if len(x) > 1 else beside(dx), x.T @ d

    return backward


def test_where_it_is_wrong_otherwise_it_is_not_right():
    """ "Wrong only where" is not said where another shape comes elsewhere."""
    shapes = {"x": "n m", "W": "m k"}
    text = said(linear, doubled(lambda dx: dx), shapes)
    assert text == "wrong only where n is not 1: there your gradient is too large by the factor 2"
    text = said(linear, doubled(lambda dx: dx if dx.size != 5 else dx[0]), shapes)
    assert "wrong only" not in text
    assert "where n is not 1, your gradient is too large by the factor 2; elsewhere it raises" in text
