"""SymPy's partial derivatives of scalar terms, each kind of term differentiated once.

`W_0_1 * x_1` and `W_2_3 * x_3` are the same term with other names. A term's *skeleton* is what is left
when its symbols are numbered in order of appearance; SymPy differentiates the first term of a
skeleton, and the others borrow its partials with their own values put in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from flint import arb

from gradcheck_backends._sympy_balls import value

__all__ = ["Term", "terms"]


@dataclass(frozen=True)
class _Template:
    """The first term of a skeleton: its symbols in order, and SymPy's partial by each of them."""

    symbols: tuple[Any, ...]
    partials: tuple[Any, ...]


@dataclass(frozen=True)
class Term:
    """One term of a sum, over its own ``symbols``."""

    symbols: tuple[Any, ...]
    template: _Template

    def partials(self, environment: Mapping[Any, arb]) -> list[tuple[Any, arb]]:
        """The value of the partial by each symbol, for the values of the symbols."""
        own = {t: environment[s] for t, s in zip(self.template.symbols, self.symbols, strict=True)}
        return [(s, value(p, own)) for s, p in zip(self.symbols, self.template.partials, strict=True)]


_TEMPLATES: dict[Any, _Template] = {}


def terms(summands: Iterable[Any]) -> list[Term]:
    """The terms of a definition, ready to be differentiated. Numbers have none."""
    found = []
    for term in summands:
        symbols: dict[Any, int] = {}
        skeleton = _skeleton(term, symbols)
        if not symbols:
            continue
        order = tuple(symbols)
        if skeleton not in _TEMPLATES:
            _TEMPLATES[skeleton] = _Template(order, tuple(sympy.diff(term, s) for s in order))
        found.append(Term(order, _TEMPLATES[skeleton]))
    return found


def _skeleton(expression: Any, symbols: dict[Any, int]) -> Any:
    if expression.is_Symbol:
        # marked, because SymPy's Integer(1) equals 1: max(x, 1) is not max(x, y)
        return ("symbol", symbols.setdefault(expression, len(symbols)))
    if not expression.args:
        return expression
    return (expression.func, *(_skeleton(a, symbols) for a in expression.args))
