"""What public teaching code does wrong, and sentences that would be false of it."""

import numpy as np
import pytest

import gradcheck


def doubled(x):
    return x.repeat(2, axis=0).repeat(2, axis=1)


def summed(d):
    return d[::2, ::2] + d[1::2, ::2] + d[::2, 1::2] + d[1::2, 1::2]


CASES = {
    "one of four": (
        doubled,
        lambda d, x: d[::2, ::2],
        {"x": "n m"},
        "only one of 4 entries of delta counts (every 2nd along axis 0 and every 2nd along axis 1); the sum",
    ),
    "one of three": (
        lambda x: x.repeat(3, axis=1),
        lambda d, x: d[:, ::3],
        {"x": "n m"},
        "only one of 3 entries of delta counts (every 3rd along axis 1)",
    ),
    "the last of three": (
        lambda x: x.repeat(3),
        lambda d, x: d[2::3],
        {"x": "n"},
        "only one of 3 entries of delta counts (every 3rd along axis 0 from index 2 on)",
    ),
    "mean of four": (doubled, lambda d, x: summed(d) / 4, {"x": "n m"}, "too small by the factor 4"),
}


def checked(forward, backward, shapes):
    return gradcheck.verify(forward, backward, shapes, max_examples=8, backends=["symbolic"])


@pytest.mark.parametrize(("forward", "wrong", "shapes", "words"), CASES.values(), ids=CASES)
def test_it_is_named(forward, wrong, shapes, words):
    """In the first sentence."""
    result = checked(forward, wrong, shapes)
    assert result.verdict == "fail"
    assert words in result.diagnosis[0].text


def test_the_right_sum_passes():
    """Over all copies of an entry."""
    assert checked(doubled, lambda d, x: summed(d), {"x": "n m"}).verdict == "pass"


def test_numbers_of_float32_that_are_off_by_more_are_not_called_accurate():
    """A factor of 1.001 beside a cast is no lack of digits."""
    forward, shapes = np.tanh, {"x": "n"}

    def narrow(d, x):
        return (d * (1 - np.tanh(x) ** 2)).astype(np.float32)

    said = checked(forward, narrow, shapes)
    assert "float32" in {d.kind for d in said.diagnosis}
    assert 'have it judged so with dtype="float32"' in str(said)
    off = checked(forward, lambda d, x: 1.001 * narrow(d, x), shapes)
    assert off.verdict == "fail"
    assert not any("accurate to" in d.text for d in off.diagnosis)
    assert "have it judged so" not in str(off)


class CrossEntropy:
    def forward(self, p, y):
        self.p, self.y = p, y
        return -np.sum(y * np.log(p + 1e-7) + (1 - y) * np.log(1 - p + 1e-7))

    def backward(self, dout=1):
        return dout * (-self.y / self.p + (1 - self.y) / (1 - self.p)), None


class Ignored(CrossEntropy):
    def backward(self, dout=1):
        return super().backward()


class Right(CrossEntropy):
    def backward(self, dout=1):
        return dout * (-self.y / (self.p + 1e-7) + (1 - self.y) / (1 - self.p + 1e-7)), None


def test_a_stabiliser_twice_in_a_layer_that_runs_its_forward_first():
    """What the forward has is not taken for the backward's own."""
    values = {"p": gradcheck.unit_interval, "y": gradcheck.one_hot}
    how = {"values": values, "max_examples": 8, "backends": ["symbolic"]}
    found = [
        gradcheck.verify(*gradcheck.layer(loss()), {"p": "n m", "y": "n m"}, **how)
        for loss in (CrossEntropy, Ignored, Right)
    ]
    once, ignored = (" ".join(d.text for d in result.diagnosis) for result in found[:2])
    assert "the constant 1e-07 in `p + 1e-7`" in once
    assert "is not there" in once
    assert ignored.startswith("delta is not used; for delta = ones, your gradient is right for another")
    assert found[2].verdict == "pass"


class Pooling:
    def forward(self, x):
        self.x, out = x, np.zeros((x.shape[0], x.shape[1] - 1, x.shape[2] - 1))
        for k, i, j in np.ndindex(out.shape):
            out[k, i, j] = np.max(x[k, i : i + 2, j : j + 2])
        return out

    def backward(self, dout):
        dx = np.zeros(self.x.shape)
        for k, i, j in np.ndindex(dout.shape):
            a, b = divmod(np.nanargmax(self.x[k, i : i + 2, j : j + 2]), 2)
            dx[k, i + a, j + b] = dout[k, i, j]
        return dx


def test_a_loop_over_many_entries_is_looked_into_at_the_small_points():
    """What the large ones hold would use up what an explanation may cost."""
    pair = gradcheck.layer(Pooling())
    result = gradcheck.verify(*pair, {"x": "2 h+1 w+1"}, backends=["finite_difference"], max_examples=6)
    assert result.verdict == "fail"
    assert "stores where it should add to what is there" in result.diagnosis[0].text
