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

from gradcheck.errors import NoAnswer
from gradcheck_backends._sympy.balls import Compiled, compiled
from gradcheck_backends._sympy.sums import Product

__all__ = ["Term", "terms"]


@dataclass(frozen=True, slots=True)
class _Template:
    """What the first term of a skeleton gives: its value, and SymPy's partial by each of its symbols, as
    functions of the symbols' values in order.
    """

    value: Compiled
    partials: tuple[Compiled, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a sum, over its own ``symbols``."""

    symbols: tuple[Any, ...]
    template: _Template

    def value(self, environment: Mapping[Any, arb]) -> arb:
        """The term, for the values of the symbols."""
        return self.template.value([environment[s] for s in self.symbols])

    def partials(self, environment: Mapping[Any, arb]) -> list[tuple[Any, arb]]:
        """The value of the partial by each symbol, for the values of the symbols."""
        own = [environment[s] for s in self.symbols]
        return [(s, p(own)) for s, p in zip(self.symbols, self.template.partials, strict=True)]


_TEMPLATES: dict[Any, _Template] = {}


def terms(summands: Iterable[Any]) -> tuple[list[Term], list[Any]]:
    """The terms of a definition, ready to be differentiated; and those that are numbers."""
    found: list[Term] = []
    numbers: list[Any] = []
    for term in summands:
        if type(term) is Product:
            left, right = term.factors
            order = (left, right) if left is not right else (left,)
            skeleton: Any = (Product, term.negative, len(order))
        else:
            symbols: dict[Any, int] = {}
            skeleton, order = _skeleton(term, symbols), tuple(symbols)
        if not order:
            numbers.append(term)
            continue
        if skeleton not in _TEMPLATES:
            _TEMPLATES[skeleton] = _template(term, order)
        found.append(Term(order, _TEMPLATES[skeleton]))
    return found, numbers


def _template(term: Any, order: tuple[Any, ...]) -> _Template:
    expression = term.expression() if type(term) is Product else term
    guards = [compiled(side - number, order) for side, number in _equalities(expression)]
    return _Template(
        compiled(expression, order),
        tuple(_but_at(guards, compiled(sympy.diff(expression, s), order)) for s in order),
    )


def _equalities(expression: Any) -> list[tuple[Any, Any]]:
    """What an expression asks to be equal to a number, such as `x` in `where(x == 0, 1, sin(x) / x)`."""
    asked = expression.atoms(sympy.Equality, sympy.Unequality)
    return [
        (side, other)
        for question in asked
        for side, other in (question.args, question.args[::-1])
        if other.is_number and side.free_symbols
    ]


def _but_at(guards: list[Compiled], partial: Compiled) -> Compiled:
    """A partial derivative, but where a guard holds: there SymPy differentiates what stands for one point
    alone, and not the function.
    """
    if not guards:
        return partial

    def anywhere_else(values: list[arb]) -> arb:
        if any(guard(values).is_zero() for guard in guards):
            raise NoAnswer("a value that the forward sets at one point: SymPy's derivative is a convention")
        return partial(values)

    return anywhere_else


def _skeleton(expression: Any, symbols: dict[Any, int]) -> Any:
    if expression.is_Symbol:
        # marked, because SymPy's Integer(1) equals 1: max(x, 1) is not max(x, y)
        return ("symbol", symbols.setdefault(expression, len(symbols)))
    if not expression.args:
        return expression
    return (expression.func, *(_skeleton(a, symbols) for a in expression.args))
