"""What NumPy's comparisons, masks and signs are on indexed arrays: steps of a difference."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import Expr, constant
from gradcheck.proofs.indexed.algebra.functions import step
from gradcheck.proofs.indexed.algebra.reduction import reduced
from gradcheck.proofs.indexed.arrays.array import UFUNCS, IndexedArray
from gradcheck.proofs.indexed.arrays.guarding import alike
from gradcheck.proofs.indexed.arrays.ufuncs import elementwise

__all__: list[str] = []


def _one(e: Expr) -> Expr:
    return constant(e.space, 1)


def _compared(swap: bool, at_zero: float) -> Callable[[IndexedArray, IndexedArray], IndexedArray]:
    """`a > b` as a step of the difference; ``at_zero`` is what the comparison says of equal numbers."""

    def compare(a: IndexedArray, b: IndexedArray) -> IndexedArray:
        if swap:
            a, b = b, a
        return _watched(lambda x, y: _decided(x - y, at_zero), a, b, kind="b")

    return compare


def _watched(function: Callable[..., Expr], *arrays: IndexedArray, kind: str) -> IndexedArray:
    """A comparison. What holds for all numbers need not hold for floats: `exp(x) > 0` fails where it
    underflows, and NaN is never larger. So what is decided beforehand is refused, but for numbers that the
    code wrote down, whole ones, and sums that one of their terms keeps away from 0.
    """
    space = arrays[0].space
    before = len(space.uses.decided)
    made = elementwise(function, *arrays, kind=kind)
    if space.off_ties or all(a.kind != "f" or a.constant for a in arrays):
        return made
    decided = space.uses.decided[before:]
    whole = arrays[0].entry - arrays[1].entry if len(arrays) > 1 else arrays[0].entry
    if reduced(whole).terms:
        decided = [e for e in decided if e.terms]  # 0 in one case of several: a mask makes it so, exactly
    if decided and not (whole.number is None and _plain(whole) and all(map(_keeps_away, decided))):
        raise space.refused(Unsupported("a comparison that numbers decide, and floats need not"))
    return made


def _keeps_away(expression: Expr) -> bool:
    """Whether a sum of one sign has a term that floats cannot round to 0."""
    heads = expression.space.heads
    return _plain(expression) and any(
        not bounds and all(heads[h].kind in ("size", "root", "pi") for h, _, _ in factors)
        for factors, bounds in expression.terms
    )


def _plain(expression: Expr) -> bool:
    """Whether it is a polynomial of what is given, which is never NaN."""
    heads = expression.space.heads
    allowed = ("size", "root", "pi", "variable", "step", "delta")
    return all(
        heads[h].kind in allowed and type(p) is int and p > 0
        for factors, _ in expression.terms
        for h, _, p in factors
    )


def _decided(difference: Expr, at_zero: float) -> Expr:
    # where it is nothing but 0, np.sign is 0: one half of a step, which sign doubles
    result = step(difference, Fraction(at_zero))
    _note_sides(result, at_zero)
    return result


def _note_sides(result: Expr, at_zero: float) -> None:
    """Write down what the code makes of a step where its argument is exactly 0."""
    space = result.space
    steps = {h for factors, _ in result.terms for h, _, _ in factors if space.heads[h].kind == "step"}
    if len(steps) == 1 and len(result.terms) <= 2:
        straight = all(not factors or c > 0 for (factors, _), c in result.terms.items())
        sides = {at_zero if straight else 1 - at_zero}
    else:
        sides = {0.0, 1.0}
    for head in steps:
        space.uses.sides.setdefault(head, set()).update(sides)
        if 0.5 in sides:
            space.uses.halves.add(head)


def _sign(a: Expr) -> Expr:
    return _decided(a, 0.5).scaled(2) - _one(a)


def _heavisides(a: IndexedArray, b: IndexedArray) -> IndexedArray:
    return _watched(_heaviside, a, b, kind="f")


def _signs(a: IndexedArray) -> IndexedArray:
    if a.kind == "b":
        raise alike(TypeError("ufunc 'sign' did not contain a loop with signature matching types bool"))
    return _watched(_sign, a, kind=a.kind)


def _masks(name: str, *arrays: IndexedArray) -> None:
    if any(a.kind != "b" for a in arrays):
        raise arrays[0].space.refused(Unsupported(f"np.{name} of numbers"))


def _logical(name: str, function: Callable[..., Expr]) -> None:
    def ufunc(*arrays: IndexedArray) -> IndexedArray:
        _masks(name, *arrays)
        return elementwise(function, *arrays, kind="b")

    UFUNCS[name] = ufunc


for _name in ("logical_and", "bitwise_and"):
    _logical(_name, lambda a, b: a * b)
for _name in ("logical_or", "bitwise_or"):
    _logical(_name, lambda a, b: a + b - a * b)
for _name in ("logical_xor", "bitwise_xor"):
    _logical(_name, lambda a, b: a + b - (a * b).scaled(2))
for _name in ("logical_not", "invert"):
    _logical(_name, lambda a: _one(a) - a)


def _truth(name: str, value: bool) -> Callable[[IndexedArray], IndexedArray]:
    """What every argument says: its entries are numbers. What is computed of them may overflow."""

    def ufunc(a: IndexedArray) -> IndexedArray:
        computed = a.kind == "f" and not a.constant and not _is_given(a.entry)
        if computed and not a.space.off_ties:  # what JAX derives is held against ours as mathematics alone
            raise a.space.refused(Unsupported(f"np.{name} of what is computed, which may overflow,"))
        return IndexedArray(a.space, constant(a.space, int(value)), a.shape, "b")

    return ufunc


def _is_given(entry: Expr) -> bool:
    """Whether it is an argument's entry, or the opposite of one."""
    if len(entry.terms) != 1:
        return False
    (((factors, bounds), coefficient),) = entry.terms.items()
    one = len(factors) == 1 and not bounds and abs(coefficient) == 1 and factors[0][2] == 1
    return one and entry.space.heads[factors[0][0]].kind == "variable"


def _heaviside(a: Expr, at_zero: Expr) -> Expr:
    value = at_zero.number
    if value is None:
        raise a.space.refused(Unsupported("np.heaviside with values at 0 that vary"))
    return _decided(a, float(value))


UFUNCS.update(
    {
        "greater": _compared(swap=False, at_zero=0.0),
        "greater_equal": _compared(swap=False, at_zero=1.0),
        "less": _compared(swap=True, at_zero=0.0),
        "less_equal": _compared(swap=True, at_zero=1.0),
        "isfinite": _truth("isfinite", value=True),
        "isnan": _truth("isnan", value=False),
        "isinf": _truth("isinf", value=False),
        "sign": _signs,
        "heaviside": _heavisides,
    }
)
