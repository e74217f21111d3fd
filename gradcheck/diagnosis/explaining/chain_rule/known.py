"""Functions that everybody knows by name, told by their values, and usual mistakes in their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from gradcheck.diagnosis.explaining.chain_rule.segments import Stretch

__all__ = ["Known", "known_function"]

Slope = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Mistake:
    """What people write for `f'`: its kind, what is said of it ("the derivative of tanh uses ..."), and the
    function of `z` and `a`.
    """

    kind: str
    text: str
    slope: Slope


@dataclass(frozen=True)
class Known:
    """A function that people know the derivative of, by its values."""

    name: str
    function: Callable[[Any], Any]
    mistakes: tuple[Mistake, ...]


def _sigmoid(z: Any) -> Any:
    return 0.5 * (1 + np.tanh(0.5 * z))


def _mask(x: Any, limit: float) -> Any:
    return np.where(np.greater(x, limit), 1.0, 0.0)


_SIGMOID, _TANH = "a (1 - a) with a = sigmoid(z)", "1 - a\u00b2 with a = tanh(z)"

KNOWN: tuple[Known, ...] = (
    Known(
        "the sigmoid",
        _sigmoid,
        (
            Mistake("derivative-point", f"uses z (1 - z); should be {_SIGMOID}", lambda z, a: z * (1 - z)),
            Mistake("sign", f"uses a (1 + a); should be {_SIGMOID}", lambda z, a: a * (1 + a)),
            Mistake("derivative-wrong", f"uses 1 - a; should be {_SIGMOID}", lambda z, a: 1 - a),
            Mistake(
                "derivative-wrong",
                f"uses 1 - a\u00b2, the derivative of tanh; should be {_SIGMOID}",
                lambda z, a: 1 - a * a,
            ),
        ),
    ),
    Known(
        "tanh",
        np.tanh,
        (
            Mistake("derivative-point", f"uses 1 - z\u00b2; should be {_TANH}", lambda z, a: 1 - z * z),
            Mistake("derivative-wrong", f"uses 1 - a; should be {_TANH}", lambda z, a: 1 - a),
            Mistake("sign", f"uses 1 + a\u00b2; should be {_TANH}", lambda z, a: 1 + a * a),
            Mistake("derivative-wrong", f"uses 1 - 2 a; should be {_TANH}", lambda z, a: 1 - 2 * a),
            Mistake(
                "derivative-wrong",
                f"uses a (1 - a), the derivative of the sigmoid; should be {_TANH}",
                lambda z, a: a * (1 - a),
            ),
            Mistake("derivative-wrong", f"uses a\u00b2; should be {_TANH}", lambda z, a: a * a),
        ),
    ),
    Known(
        "ReLU",
        lambda z: np.maximum(z, 0.0),
        (
            Mistake("mask", "lets the other side through", lambda z, a: 1 - _mask(z, 0.0)),
            Mistake("mask", "begins at 1, not at 0", lambda z, a: _mask(z, 1.0)),
        ),
    ),
    Known("exp", np.exp, ()),
    Known(
        "the square",
        np.square,
        (
            Mistake("derivative-wrong", "uses z; should be 2 z", lambda z, a: z),
            Mistake("derivative-wrong", "uses 2; should be 2 z", lambda z, a: 0 * z + 2.0),
        ),
    ),
    Known(
        "the square root",
        np.sqrt,
        (
            Mistake(
                "derivative-wrong",
                "uses 1 / (2 z); should be 1 / (2 a) with a = sqrt(z)",
                lambda z, a: 0.5 / z,
            ),
        ),
    ),
    Known("log", np.log, ()),
    Known("softplus", lambda z: np.logaddexp(z, 0.0), ()),
)

_MOST = 20.0


def known_function(stretch: Stretch) -> Known | None:
    """The function of which a stretch takes the values, at a few arguments of its own."""
    z = np.asarray([-3.1, -1.7, -0.6, 0.3, 0.9, 2.2, 4.0])
    try:
        with np.errstate(all="ignore"):
            values = _at(stretch, z)
            for known in KNOWN:
                expected = known.function(z)
                real = np.isfinite(expected)
                if real.sum() >= 3 and np.allclose(values[real], expected[real], rtol=1e-9, atol=0):
                    return known
    except Exception:
        return None
    return None


def _at(stretch: Stretch, z: Any) -> Any:
    """The stretch's values at arguments of our own, one at a time in the whole array's shape."""
    found = []
    like = stretch.z.value
    for number in z:
        full = np.full(np.shape(like), number)
        found.append(np.ravel(stretch.at(full)[0])[0])
    return np.asarray(found)
