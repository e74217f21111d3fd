"""A value is called by the name that holds it, where the names in its text hold something else by then."""

from __future__ import annotations

from typing import Any

import numpy as np

import gradcheck


def _forward(x: Any, A: Any) -> Any:
    for _ in range(3):
        x = np.tanh(A @ x)
    return x


def _backward(used: Any) -> Any:
    def backward(delta: Any, x: Any, A: Any) -> Any:
        states = [x]
        for _ in range(3):
            states.append(np.tanh(A @ states[-1]))
        dA, s = np.zeros_like(A), delta
        for before, after in zip(states[-2::-1], states[:0:-1], strict=True):
            s = s * (1 - after**2)
            dA += np.outer(s if used == "s" else delta, before)
            s = A.T @ s
        return s, dA

    return backward


def test_the_name_is_told_and_not_its_old_text() -> None:
    shapes = {"x": "n", "A": "n n"}
    assert gradcheck.verify(_forward, _backward("s"), shapes=shapes).verdict == "pass"
    result = gradcheck.verify(_forward, _backward("delta"), shapes=shapes)
    assert result.verdict == "fail"
    assert not any("should be `s *" in d.text for d in result.diagnosis), str(result)


def test_no_line_of_gradcheck_is_quoted() -> None:
    def forward(x: Any) -> Any:
        s, out = x[0], [x[0]]
        for v in x[1:]:
            s = 0.5 * s + 0.5 * v
            out.append(s)
        return out

    def backward(delta: Any, x: Any) -> Any:
        g, c = np.zeros_like(x), 0.0
        for t in range(len(x) - 1, 0, -1):
            c = c + delta[t]
            g[t], c = c / 2, c / 2
        g[0] = c  # without delta[0]
        return g

    result = gradcheck.verify(lambda x: np.array(forward(x)), backward, shapes={"x": "n"})
    assert result.verdict == "fail"
    assert not any(".py" in d.text and "test_names_that_change" not in d.text for d in result.diagnosis)
