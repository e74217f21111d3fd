"""Functions of `scipy.special` in balls, by the names of SciPy's ufuncs: all but those of `ufuncs`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import arb

from gradcheck.arithmetic.domain import elementwise

__all__ = ["SPECIAL"]


def _scaled_i(order: Any, x: arb) -> arb:
    return x.bessel_i(order) * (-abs(x)).exp()


def _scaled_k(order: Any, x: arb) -> arb:
    return x.bessel_k(order) * x.exp()


def _xlogy(x: arb, y: arb) -> arb:
    return arb(0) if x.is_zero() and not y.is_nan() else x * y.log()


def _xlog1py(x: arb, y: arb) -> arb:
    return arb(0) if x.is_zero() and not y.is_nan() else x * y.log1p()


SPECIAL: dict[str, Callable[..., Any]] = {
    "gamma": elementwise(arb.gamma),
    "rgamma": elementwise(arb.rgamma),
    "gammainc": elementwise(lambda a, x: x.gamma_lower(a, regularized=1), 2),
    "gammaincc": elementwise(lambda a, x: x.gamma_upper(a, regularized=1), 2),
    "xlogy": elementwise(_xlogy, 2),
    "xlog1py": elementwise(_xlog1py, 2),
    "j0": elementwise(lambda x: x.bessel_j(0)),
    "j1": elementwise(lambda x: x.bessel_j(1)),
    "jv": elementwise(lambda order, x: x.bessel_j(order), 2),
    "y0": elementwise(lambda x: x.bessel_y(0)),
    "y1": elementwise(lambda x: x.bessel_y(1)),
    "yv": elementwise(lambda order, x: x.bessel_y(order), 2),
    "i0": elementwise(lambda x: x.bessel_i(0)),
    "i1": elementwise(lambda x: x.bessel_i(1)),
    "iv": elementwise(lambda order, x: x.bessel_i(order), 2),
    "i0e": elementwise(lambda x: _scaled_i(0, x)),
    "i1e": elementwise(lambda x: _scaled_i(1, x)),
    "ive": elementwise(_scaled_i, 2),
    "k0": elementwise(lambda x: x.bessel_k(0)),
    "k1": elementwise(lambda x: x.bessel_k(1)),
    "kv": elementwise(lambda order, x: x.bessel_k(order), 2),
    "k0e": elementwise(lambda x: _scaled_k(0, x)),
    "k1e": elementwise(lambda x: _scaled_k(1, x)),
    "kve": elementwise(_scaled_k, 2),
}
