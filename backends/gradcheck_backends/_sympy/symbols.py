"""SymPy scalars as an arithmetic: one symbol per entry, and names for what is in between.

Expressions are kept small: what goes into a product, a power or a function is given a name first
(a *let*: symbol := expression), unless it is a symbol or a number already. So no expression grows
with the depth of the computation, and SymPy differentiates each definition once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sympy
from sympy import Symbol

from gradcheck.arithmetic import Domain, ElementArray, call_in, of_entries
from gradcheck.arithmetic.domain import ObjectArray, elementwise
from gradcheck.errors import Unsupported
from gradcheck_backends._sympy.sums import Product, Sum, single, terms_of

__all__ = ["SymbolDomain"]


MAX_CRAMER = 5
"""The largest matrix that is inverted in symbols: Cramer's rule has n! terms."""


Bind = Callable[[Any], Any]
Make = Callable[[Bind], Callable[..., Any]]
"""A ufunc of symbols, for what binds an expression to a name."""


def _without(indices: tuple[int, ...], gone: int) -> tuple[int, ...]:
    return tuple(i for i in indices if i != gone)


def _product(a: Any, b: Any) -> Any:
    if a.is_Symbol and b.is_Symbol:
        return Sum((Product(a, b),))
    return single(a * b)


_CONDITIONS = (
    sympy.core.relational.Relational,
    sympy.logic.boolalg.BooleanFunction,
    sympy.logic.boolalg.BooleanAtom,
)


def _multiplied(bind: Bind) -> Callable[..., Any]:
    """Products of entries. A condition counts as 1 or 0, as in `x * (x > 0)`; of two, the product is one."""

    def as_number(a: Any) -> Any:
        return sympy.Piecewise((1, a), (0, True)) if isinstance(a, _CONDITIONS) else a

    def product(a: Any, b: Any) -> Any:
        if isinstance(a, _CONDITIONS) and isinstance(b, _CONDITIONS):
            return sympy.And(a, b)
        return _product(bind(as_number(a)), bind(as_number(b)))

    return elementwise(product, 2)


def _of_truths(name: str, function: Callable[..., Any], arguments: int) -> Make:
    """A connective of conditions; `np.logical_and` and its kin ask of numbers whether they are 0."""

    def make(bind: Bind) -> Callable[..., Any]:
        def condition(a: Any) -> Any:
            if isinstance(a, _CONDITIONS):
                return a
            if name.startswith("bitwise") or name == "invert":
                raise Unsupported(f"np.{name} of numbers is not available in symbols")
            return sympy.Ne(bind(a), 0)

        return elementwise(lambda *parts: function(*(condition(p) for p in parts)), arguments)

    return make


def _extreme(function: Any, a: Any, b: Any) -> Any:
    """Max or Min as it stands: SymPy's simplifying of one costs a millisecond and finds nothing here."""
    return a if a == b else function(a, b, evaluate=False)


def _unary(function: Callable[[Any], Any]) -> Make:
    return lambda bind: elementwise(lambda x: bind(function(bind(x))))


def _binary(function: Callable[[Any, Any], Any]) -> Make:
    return lambda bind: elementwise(lambda a, b: bind(function(bind(a), bind(b))), 2)


def _unbound(function: Callable[[Any, Any], Any]) -> Make:
    """Conditions, which need no name of their own."""
    return lambda bind: elementwise(lambda a, b: function(bind(a), bind(b)), 2)


_PLAIN: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "subtract": np.subtract,
    "negative": np.negative,
    "positive": elementwise(lambda x: x),
    "conjugate": elementwise(lambda x: x),
}

_MADE: dict[str, Make] = {
    "multiply": _multiplied,
    "divide": _binary(lambda a, b: a / b),
    "power": _binary(lambda a, b: a**b),
    "square": _unary(lambda x: x**2),
    "reciprocal": _unary(lambda x: 1 / x),
    "sqrt": _unary(sympy.sqrt),
    "cbrt": _unary(lambda x: sympy.sign(x) * sympy.Abs(x) ** sympy.Rational(1, 3)),
    "exp": _unary(sympy.exp),
    "exp2": _unary(lambda x: sympy.Integer(2) ** x),
    "expm1": _unary(lambda x: sympy.exp(x) - 1),
    "log": _unary(sympy.log),
    "log2": _unary(lambda x: sympy.log(x) / sympy.log(2)),
    "log10": _unary(lambda x: sympy.log(x) / sympy.log(10)),
    "log1p": _unary(lambda x: sympy.log(1 + x)),
    "logaddexp": _binary(lambda a, b: sympy.log(sympy.exp(a) + sympy.exp(b))),
    "arctan2": _binary(sympy.atan2),
    "hypot": _binary(lambda a, b: sympy.sqrt(a**2 + b**2)),
    "expit": _unary(lambda x: 1 / (1 + sympy.exp(-x))),
    "erf": _unary(sympy.erf),
    "erfc": _unary(sympy.erfc),
    "absolute": _unary(sympy.Abs),
    "sign": _unary(sympy.sign),
    "maximum": _binary(lambda a, b: _extreme(sympy.Max, a, b)),
    "minimum": _binary(lambda a, b: _extreme(sympy.Min, a, b)),
    "less": _unbound(sympy.Lt),
    "less_equal": _unbound(sympy.Le),
    "greater": _unbound(sympy.Gt),
    "greater_equal": _unbound(sympy.Ge),
    "equal": _unbound(sympy.Eq),
    "not_equal": _unbound(sympy.Ne),
    "invert": _of_truths("invert", sympy.Not, 1),
    "logical_not": _of_truths("logical_not", sympy.Not, 1),
    **{
        f"{kind}_{name}": _of_truths(f"{kind}_{name}", function, 2)
        for kind in ("logical", "bitwise")
        for name, function in {"and": sympy.And, "or": sympy.Or}.items()
    },
    **{
        name: _unary(function)
        for name, function in {
            "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan, "arcsin": sympy.asin,
            "arccos": sympy.acos, "arctan": sympy.atan, "sinh": sympy.sinh, "cosh": sympy.cosh,
            "tanh": sympy.tanh, "arcsinh": sympy.asinh, "arccosh": sympy.acosh, "arctanh": sympy.atanh,
        }.items()
    },
}  # fmt: skip
for _alias, _of in {
    "true_divide": "divide",
    "fabs": "absolute",
    "float_power": "power",
    "fmax": "maximum",
    "fmin": "minimum",
}.items():
    _MADE[_alias] = _MADE[_of]


class _Ufuncs(Mapping[str, Callable[..., Any]]):
    """The ufuncs of one domain, each made when it is first used: a forward uses few, and shapes are many."""

    def __init__(self, bind: Bind) -> None:
        self._bind = bind
        self._made = dict(_PLAIN)

    def __getitem__(self, name: str) -> Callable[..., Any]:
        if name not in self._made:
            self._made[name] = _MADE[name](self._bind)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._made or name in _MADE

    def __iter__(self) -> Iterator[str]:
        return iter(_PLAIN | _MADE)

    def __len__(self) -> int:
        return len(_PLAIN | _MADE)


class SymbolDomain(Domain):
    """SymPy expressions. ``lets`` lists the names in order of definition, each with its terms;
    ``constants`` the float constants of the code, which enter exactly or widened only when numbers are
    put in.
    """

    name = "symbols"
    decides = False

    def __init__(self) -> None:
        self.lets: list[tuple[Symbol, Any]] = []
        self.constants: dict[Symbol, float] = {}
        self._names: dict[Any, Symbol] = {}
        self._constant_names: dict[float, Symbol] = {}
        self.ufuncs = _Ufuncs(self.bind)

    def finish(self) -> None:
        """Nothing is to be run any more. The ufuncs know this domain, and it knows them: together they would
        wait for a search for cycles.
        """
        self.ufuncs = {}

    def inputs(self, name: str, shape: tuple[int, ...]) -> ObjectArray:
        """An array of fresh real symbols `name_i_j`."""
        result = np.empty(shape, dtype=object)
        for index in np.ndindex(shape):
            result[index] = Symbol("_".join([name, *map(str, index)]), real=True)
        return result

    def lift(self, number: Any) -> Any:
        if isinstance(number, sympy.Basic | Sum):
            return number
        data = getattr(number, "data", None)
        if isinstance(data, np.ndarray) and data.dtype == object and data.ndim == 0:
            return data.item()
        value = float(number)
        if not np.isfinite(value):
            raise Unsupported("a constant that is not finite cannot enter SymPy")
        if value.is_integer():
            return sympy.Integer(int(value))
        if value not in self._constant_names:
            symbol = Symbol(f"const_{len(self.constants)}", real=True)
            self._constant_names[value] = symbol
            self.constants[symbol] = value
        return self._constant_names[value]

    def bind(self, expression: Any) -> Any:
        """A symbol that stands for the expression; atoms stand for themselves."""
        if expression.is_Atom:
            return expression
        terms = terms_of(expression)
        if terms not in self._names:
            symbol = Symbol(f"let_{len(self.lets)}", real=True)
            self._names[terms] = symbol
            self.lets.append((symbol, terms))
        return self._names[terms]

    def select(self, condition: Any, yes: Any, no: Any) -> Any:
        if condition in (sympy.true, sympy.false):
            return yes if condition == sympy.true else no
        if not isinstance(condition, sympy.core.relational.Relational | sympy.logic.boolalg.Boolean):
            condition = sympy.Ne(self.bind(condition), 0)
        return self.bind(sympy.Piecewise((self.bind(yes), condition), (self.bind(no), True)))

    def gradient(
        self, function: Callable[..., Any], args: Sequence[Any], deltas: Sequence[Any]
    ) -> tuple[Any, ...]:
        """The chain rule backwards through the names that the function makes, in symbols."""
        arrays = [a for a in args if isinstance(a, ElementArray)]
        result = call_in(self, function, list(args))
        adjoint: dict[Any, Any] = {}
        parts = result if isinstance(result, tuple | list) else [result]
        for part, delta in zip(parts, deltas, strict=True):
            outputs, weights = self._entries(part), self._entries(delta)
            if len(outputs) != len(weights):
                raise Unsupported("delta has another shape than the output")
            for weight, output in zip(weights, outputs, strict=True):
                self._spread(weight, terms_of(output), adjoint)
        for symbol, terms in reversed(self.lets[:]):
            if symbol in adjoint:
                self._spread(adjoint[symbol], terms, adjoint)
        zero = sympy.S.Zero
        return tuple(
            ElementArray(
                of_entries([adjoint.get(s, zero) for s in a.data.ravel().tolist()], a.data.shape), self
            )
            for a in arrays
        )

    def _entries(self, value: Any) -> list[Any]:
        data = value.data if isinstance(value, ElementArray) else self.lift_array(value)
        return list(np.asarray(data, dtype=object).reshape(-1))

    def _spread(self, weight: Any, terms: Iterable[Any], adjoint: dict[Any, Any]) -> None:
        """Weight times each partial goes to its symbol."""
        weight = self.bind(weight)
        for term in terms:
            expression = term.expression() if type(term) is Product else term
            for symbol in sorted(expression.free_symbols - self.constants.keys(), key=str):
                part = _product(weight, self.bind(sympy.diff(expression, symbol)))
                adjoint[symbol] = adjoint[symbol] + part if symbol in adjoint else part

    def linalg(self, name: str, *args: ObjectArray) -> Any:
        """`det`, `inv`, `solve` by Cramer's rule, and `cholesky`, of at most `MAX_CRAMER` rows."""
        matrix = args[0]
        if name not in {"det", "inv", "solve", "cholesky"} or len(matrix) > MAX_CRAMER:
            raise Unsupported(f"np.linalg.{name} of a {len(matrix)} x {len(matrix)} matrix in symbols")
        if name == "cholesky":
            return self._cholesky(matrix)
        rows = tuple(range(len(matrix)))
        determinant = self._minor(matrix, rows, rows, {})
        if name == "det":
            return determinant
        inverse = np.empty(matrix.shape, dtype=object)
        for i, j in np.ndindex(matrix.shape):
            rest = self._minor(matrix, _without(rows, j), _without(rows, i), {})
            inverse[i, j] = self.bind((-1) ** (i + j) * rest / determinant)
        return inverse if name == "inv" else self.matmul(inverse, args[1])

    def _cholesky(self, matrix: ObjectArray) -> ObjectArray:
        lower = np.full(matrix.shape, sympy.S.Zero, dtype=object)
        for i, j in zip(*np.tril_indices(len(matrix)), strict=True):
            products = [lower[i, k] * lower[j, k] for k in range(j)]
            rest = self.bind(sympy.Add(self.bind(matrix[i, j]), *(-p for p in products)))
            lower[i, j] = self.bind(sympy.sqrt(rest) if i == j else rest / lower[j, j])
        return lower

    def _minor(self, a: ObjectArray, rows: tuple[int, ...], columns: tuple[int, ...], memo: Any) -> Any:
        """The determinant of some rows and columns, expanded along the first row."""
        if not rows:
            return sympy.S.One
        if (rows, columns) not in memo:
            terms = [
                (-1) ** k * self.bind(a[rows[0], c]) * self._minor(a, rows[1:], _without(columns, c), memo)
                for k, c in enumerate(columns)
            ]
            memo[rows, columns] = self.bind(sympy.Add(*terms))
        return memo[rows, columns]

    def matmul(self, left: ObjectArray, right: ObjectArray) -> Any:
        if left.shape[-1] == 0:
            return super().matmul(left, right)
        rows = left if left.ndim > 1 else left[None, :]
        columns = right if right.ndim > 1 else right[:, None]
        products = self.ufuncs["multiply"](rows[..., :, :, None], columns[..., None, :, :])
        result = np.add.reduce(products, axis=-2)
        result = result[..., 0] if right.ndim == 1 else result
        return (
            result[..., 0, :]
            if left.ndim == 1 and right.ndim > 1
            else result[0]
            if left.ndim == 1
            else result
        )
