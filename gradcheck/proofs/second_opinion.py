"""SymPy's derivative of the same entries, at two small shapes: a second opinion on our differentiation.

`J` is written out for small distinct sizes with one SymPy symbol per entry of the arguments, SymPy
differentiates it, and both derivatives are evaluated at random rational numbers to 30 digits. It costs far
more than the proof itself, so `gradcheck prove` and the tests ask for it, and not every `verify`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.branches import Branch
from gradcheck.proofs.indexed import Expr, Question, reduced
from gradcheck.proofs.indexed.algebra.derivative import SCALAR_RULES
from gradcheck.proofs.indexed.algebra.evaluation import Numbers, Rules
from gradcheck.proofs.indexed.algebra.space import Number
from gradcheck.proofs.memory import Memory
from gradcheck.proofs.truth import Truth

__all__ = ["Opinion", "small_shapes", "sympy_opinion"]

_SHAPES = 2
_MOST_SYMBOLS = 14
_MOST_ENTRIES = 4
_MOST_OPERATIONS = 600
_DIGITS = 30
_NOT_ASKED = {"step", "equals", "max", "argmax", "infinity", "undefined", "inverse", "det", "logdet"}


@dataclass(frozen=True)
class Opinion:
    """What another source makes of our derivative. ``agrees`` and ``wrong`` say that the two are the same
    or differ; where neither is so, nothing is known, and ``words`` tell why.
    """

    words: str
    agrees: bool = False
    wrong: bool = False


def sympy_opinion(memory: Memory, *, seed: int = 0) -> Opinion:
    """Compare every gradient of the formula.

    Raises `Unsupported` where its forward does not run on symbols.
    """
    truth = memory.truth(Branch())
    if any(k in _NOT_ASKED for k in _kinds(reduced(truth.total()))):
        return Opinion("SymPy is not asked about kinks, maxima, inverses and undefined functions")
    seen = []
    for sizes in small_shapes(truth, _MOST_SYMBOLS, truth.asked):
        try:
            wrong = _differs(truth, sizes, np.random.default_rng(seed))
        except Unsupported as error:
            return Opinion(f"SymPy could not be asked: {error}")
        words = ", ".join(f"{n} = {s}" for n, s in sizes.items()) or "the only sizes"
        if wrong is not None:
            return Opinion(f"SymPy's derivative by {wrong} is another one at {words}", wrong=True)
        seen.append(words)
    if not seen:
        return Opinion("SymPy is not asked: the smallest shapes of the general case have too many entries")
    return Opinion(f"SymPy differentiates to the same entries at {' and at '.join(seen)}", agrees=True)


def _kinds(expression: Expr) -> Iterator[str]:
    """The kinds of all heads in an expression, inner expressions included."""
    heads = expression.space.heads
    for number in {h for factors, _ in expression.terms for h, _, _ in factors}:
        head = heads[number]
        yield "undefined" if head.kind == "apply" and head.name not in SCALAR_RULES else head.kind
        if head.argument is not None:
            yield from _kinds(head.argument)


def small_shapes(truth: Truth, most: int, asked: Mapping[Question, bool]) -> list[dict[str, int]]:
    """Two tuples of small sizes, all of them distinct where there are several; fewer, where the arguments
    would have more than ``most`` entries together, or the sizes are not those of the general case.
    """
    general = (
        sizes
        for sizes in _shapes(truth, most)
        if all(q.holds(sizes) == answer for q, answer in asked.items())
    )
    return list(itertools.islice(general, _SHAPES))


def _shapes(truth: Truth, most: int) -> Iterator[dict[str, int]]:
    names = truth.formula.shapes.names
    for sizes in itertools.permutations(range(2, 2 + len(names) + 2), len(names)):
        choice = dict(zip(names, sizes, strict=True))
        concrete = truth.formula.shapes.concrete(choice)
        if concrete is None or not truth.formula.allows(choice):
            continue
        if sum(int(np.prod(s, dtype=int)) for s in concrete) <= most:
            yield choice


def _differs(truth: Truth, sizes: dict[str, int], rng: np.random.Generator) -> str | None:
    """The first argument by which the derivatives differ."""
    import sympy

    space = truth.space
    named = dict(zip(truth.arguments.heads, truth.formula.shapes.arguments, strict=True))
    values: dict[int, Any] = {}
    symbols: list[Any] = []
    for head in space.heads:
        if head.kind == "variable":
            values[head.number] = _symbols(truth, sizes, head, symbols)
    numbers = Numbers(space, sizes, values, _rules())
    cost = numbers.at(truth.total(), []).item()
    if sympy.count_ops(cost) > _MOST_OPERATIONS:
        raise Unsupported("it is too large for SymPy")
    at = {s: _value(s, rng) for s in symbols}
    for position, head_number in enumerate(truth.arguments.heads):
        if not truth.arguments.real[position]:
            continue
        codes = truth.codes("target", truth.arguments.arrays[position].shape)
        mine = numbers.at(truth.gradient(position), codes)
        places = list(np.ndindex(mine.shape))
        rng.shuffle(places)
        for place in places[:_MOST_ENTRIES]:
            index = tuple(int(i) for i in place)
            theirs = sympy.diff(cost, values[head_number][index])
            gap = sympy.sympify(theirs - mine[index]).subs(at).evalf(_DIGITS)
            size = 1 + abs(sympy.sympify(theirs).subs(at).evalf(_DIGITS))
            if not abs(gap) < size * sympy.Float(10) ** (8 - _DIGITS):
                return named[head_number]
    return None


def _symbols(truth: Truth, sizes: dict[str, int], head: Any, symbols: list[Any]) -> Any:
    import sympy

    counted = Numbers(truth.space, sizes, {}, _rules())
    shape = tuple(counted.size(s) for s in head.slots)
    made = np.empty(shape, dtype=object)
    for place in np.ndindex(shape):
        if head.bounds is not None:  # a whole number, of which no derivative is taken
            made[place] = sympy.Integer(head.bounds[0] + sum(place) % (head.bounds[1] - head.bounds[0]))
            continue
        name = head.name + "_" + "_".join(map(str, place))
        made[place] = sympy.Symbol(name, real=True, positive=True if head.positive else None)
        symbols.append(made[place])
    return made


def _value(symbol: Any, rng: np.random.Generator) -> Any:
    """A rational number between 0 and 1, which suits logarithms, roots and probabilities too."""
    import sympy

    return sympy.Rational(int(rng.integers(1, 97)), 97)


def _rules() -> Rules:
    import sympy

    def lift(x: Any) -> Any:
        if isinstance(x, Fraction):
            x = sympy.Rational(x.numerator, x.denominator)
        if isinstance(x, np.ndarray) and x.ndim:
            made = np.empty(x.shape, dtype=object)
            for place in np.ndindex(x.shape):
                made[place] = sympy.nsimplify(x[place].item())
            return made
        box = np.empty((), dtype=object)
        box[()] = sympy.sympify(x.item() if isinstance(x, np.ndarray) else x)
        return box

    def each(function: Any) -> Any:
        def apply(array: Any) -> Any:
            made = np.empty(np.shape(array), dtype=object)
            for place in np.ndindex(made.shape):
                made[place] = function(array[place])
            return made

        return apply

    def power(base: Any, exponent: Number) -> Any:
        e = sympy.Rational(exponent.numerator, exponent.denominator)
        return each(lambda x: x**e)(np.asarray(base))

    def positive(array: Any) -> Any:
        raise Unsupported("a comparison of symbols")

    names = {"exp": sympy.exp, "log": sympy.log, "sin": sympy.sin, "cos": sympy.cos, "arctan": sympy.atan}
    names |= {"arcsin": sympy.asin, "erf": sympy.erf, "pi": lambda x: x * sympy.pi}
    return Rules(lift, {n: each(f) for n, f in names.items()}, power, positive)
