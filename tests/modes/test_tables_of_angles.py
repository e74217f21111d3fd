"""Tables of roots of unity and of cosines in float64, whose angles are rounded, beside exact transforms."""

import numpy as np
import pytest

import gradcheck

COMPLEX = {"shapes": {"z": "n"}, "values": {"z": gradcheck.complex_normal}, "max_examples": 8}


def table(n):
    k = np.arange(n)
    return np.exp(-2j * np.pi * np.outer(k, k) / n)


def by_table(z):
    return table(len(z)) @ z


def by_cosines(delta, z):
    k = np.arange(len(z))
    angles = 2 * np.pi / len(z) * np.outer(k, k)
    return (np.cos(angles) + 1j * np.sin(angles)) @ delta


RIGHT = {
    "a table": (np.fft.fft, lambda delta, z: np.conj(table(len(z))).T @ delta),
    "cosines and sines": (np.fft.fft, by_cosines),
    "a transform": (by_table, lambda delta, z: len(z) * np.fft.ifft(delta)),
}
WRONG = {
    "a forgotten conjugate": (np.fft.fft, lambda delta, z: table(len(z)).T @ delta),
    "a root too few": (np.fft.fft, lambda delta, z: np.conj(table(len(z) + 1))[1:, 1:].T @ delta),
    "a millionth": (np.fft.fft, lambda delta, z: (1 + 1e-6) * np.conj(table(len(z))).T @ delta),
    "the wrong transform": (by_table, lambda delta, z: np.fft.fft(delta)),
}


@pytest.mark.parametrize("pair", RIGHT.values(), ids=RIGHT)
def test_right_ones_pass_and_say_that_constants_are_rounded(pair):
    found = gradcheck.verify(*pair, **COMPLEX)
    assert (found.verdict, found.strength) == ("pass", "agreed"), str(found)
    assert any("float constants rounded" in note for note in found.row.notes)


@pytest.mark.parametrize("pair", WRONG.values(), ids=WRONG)
def test_wrong_ones_fail(pair, monkeypatch):
    monkeypatch.setattr("gradcheck.checking.writing.outcome.diagnosed", lambda *_, **__: [])
    assert gradcheck.verify(*pair, **COMPLEX).verdict == "fail"


def dct(x):
    n = np.arange(len(x))
    return np.cos(np.pi * np.outer(n, 2 * n + 1) / (2 * len(x))) @ x


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "pass"), (1.0000001, "fail")])
def test_angles_that_are_rounded_in_another_order_are_the_same(factor, verdict):
    def backward(delta, x):
        n = np.arange(len(x))
        return factor * np.cos(np.pi / len(x) * np.outer(n, n + 0.5)).T @ delta

    assert gradcheck.verify(dct, backward, shapes={"x": "n"}, max_examples=8).verdict == verdict


def test_a_table_that_is_read_as_plain_floats_is_judged_as_before():
    def scaled(x):
        return x * float(np.cos(np.pi / 3))

    assert gradcheck.verify(scaled, lambda d, x: d * 0.5, shapes={"x": "n"}, max_examples=4).verdict == "pass"
    wrong = gradcheck.verify(scaled, lambda d, x: d * 0.51, shapes={"x": "n"}, max_examples=4)
    assert wrong.verdict == "fail"
