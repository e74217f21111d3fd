"""Bringing one product of factors, summed over indices, to normal form.

What happens here holds for all sizes and values: Kronecker deltas are contracted, a sum over an index
that nothing uses becomes the size, powers of one factor add up, 0-or-1 factors are their own squares,
a function whose indices coincide is made anew from its inner expression.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.canonical import canonical_term, oriented
from gradcheck.proofs.indexed.algebra.indices.codes import BOUND, FREE, is_bound, is_constant
from gradcheck.proofs.indexed.algebra.indices.settling import settle
from gradcheck.proofs.indexed.algebra.polynomials import SymbolicSize
from gradcheck.proofs.indexed.algebra.space import DELTA, Factor, Head, Number, Space, Term, plain

if TYPE_CHECKING:
    from gradcheck.proofs.indexed.algebra.expression import Expr

__all__ = ["Terms", "normal_product", "work_of"]

Terms = dict[Term, Number]
"""A sum of terms: term -> coefficient, none of them zero."""
Merged = dict[tuple[int, tuple[int, ...]], Number]


def work_of(factors: Sequence[Factor]) -> int:
    """What a term counts for: 1 mostly, more where it is long, since every pair of factors is looked at."""
    return 1 + len(factors) ** 2 // _SHORT**2


_SHORT = 20


def normal_product(space: Space, factors: Sequence[Factor], bounds: Sequence[int]) -> Terms:
    """The normal form of a product; ``bounds`` are the sizes of the indices `BOUND`, `BOUND + 1`, ..."""
    key = (tuple(factors), tuple(bounds))
    known = space.products.get(key)
    if known is None:
        space.spend(work_of(factors))
        known = space.products[key] = _normal(space, factors, bounds)
    return known


def _normal(space: Space, factors: Sequence[Factor], bounds: Sequence[int]) -> Terms:
    live = {BOUND + k: size for k, size in enumerate(bounds)}
    merged, pairs = _merge(space, factors)
    pairs = pairs or _one_hot(space, merged, live)
    kept: set[tuple[int, int]] = set()
    coefficient: Number = 1
    while True:
        if not pairs and space.relations:
            settled = settle(space, merged, live)
            if settled is None:
                return {}
            coefficient *= settled[0]
            pairs = settled[1]
        if not pairs:
            break
        contracted = _contract(space, merged, [*pairs, *kept], live)
        if contracted is None:
            return {}
        merged, kept = contracted
        pairs = _one_hot(space, merged, live)
    for pair in kept:
        merged[DELTA, pair] = 1
    again: list[tuple[tuple[int, tuple[int, ...]], Number]] = []
    for (head, indices), power in list(merged.items()):
        known = space.heads[head]
        if known.kind == "root" and not 0 < power < 1:
            whole = power // 1
            coefficient *= _power(int(known.name), whole)
            merged[head, indices] = plain(power - whole)
            if not merged[head, indices]:
                del merged[head, indices]
        elif known.argument is not None and _degenerate(_of_argument(known, indices)):
            again.append(((head, indices), power))
    used = {i for (_, indices) in merged for i in indices}
    unused = [code for code in live if code not in used]
    sizes: list[SymbolicSize] = []
    for code in unused:
        size = space.size_list[live.pop(code)]
        if type(size) is int:
            coefficient *= size
        elif len(size.polynomial) == 1 and size.polynomial[0][1] == 1:
            for name in size.polynomial[0][0]:
                key = (space.head(("size", name), "size", name, positive=True).number, ())
                merged[key] = plain(merged.get(key, 0) + 1)
                if not merged[key]:
                    del merged[key]
        else:
            sizes.append(size)
    if again or sizes:
        return _opened(space, merged, live, again, sizes, coefficient)
    return {canonical_term(space, merged, live): plain(coefficient)}


def _merge(space: Space, factors: Sequence[Factor]) -> tuple[Merged, list[tuple[int, int]]]:
    merged: Merged = {}
    pairs: list[tuple[int, int]] = []
    for head, indices, power in factors:
        known = space.heads[head]
        if known.binary and power < 0:
            what = "a Kronecker delta" if head == DELTA else f"{known.name}, which can be 0"
            raise space.refused(Unsupported(f"a division by {what}"))
        if head == DELTA:
            pairs.append((indices[0], indices[1]))
            continue
        key = (head, oriented(space, head, indices))
        merged[key] = 1 if known.binary else plain(merged.get(key, 0) + power)
        if not merged[key]:
            del merged[key]
    return merged, pairs


def _contract(
    space: Space, merged: Merged, pairs: Sequence[tuple[int, int]], live: dict[int, int]
) -> tuple[Merged, set[tuple[int, int]]] | None:
    """Use up deltas: indices that they join become one. None where two different constants are joined.

    A sum over a joined index is gone. Between named indices a delta stays, and the product is written
    with the constant, or the least, of those that are joined; these pairs come back.
    """
    groups: dict[int, set[int]] = {}
    for i, j in pairs:
        if is_constant(i) and is_constant(j):
            if i != j:
                return None
            continue
        # a constant joins nothing: i = 0 and j = 0 may be indices of different ranges
        group = {code for c in (i, j) if not is_constant(c) for code in groups.get(c, {c})}
        group |= {c for c in (i, j) if is_constant(c)}
        group |= {c for code in (i, j) for c in groups.get(code, ()) if is_constant(c)}
        for code in group:
            if not is_constant(code):
                groups[code] = group
    names: dict[int, int] = {}
    kept: set[tuple[int, int]] = set()
    for group in {id(g): g for g in groups.values()}.values():
        first, *others = sorted(group)  # constants before names before bound indices
        if others and is_constant(others[0]):
            return None
        sizes = {live[c] if is_bound(c) else space.size_of(c) for c in group if not is_constant(c)}
        if len(sizes) > 1:
            raise space.refused(Unsupported("a Kronecker delta between indices of different ranges"))
        for code in others:
            names[code] = first
            if is_bound(code):
                del live[code]
            else:
                kept.add((first, code))
    factors = [(h, tuple([names.get(k, k) for k in i]), p) for (h, i), p in merged.items()]
    return _merge(space, factors)[0], kept


def _one_hot(space: Space, merged: Merged, live: dict[int, int]) -> list[tuple[int, int]]:
    """Rules of one-hot factors: `y_i y_j` is `delta_ij y_i` (its pairs come back), `sum_j y_j` is 1."""
    pairs: list[tuple[int, int]] = []
    seen: dict[tuple[int, tuple[int, ...]], int] = {}
    for number, indices in list(merged):
        if not space.heads[number].one_hot or not indices:
            continue
        key = (number, indices[:-1])
        if key in seen:
            pairs.append((seen[key], indices[-1]))
            del merged[number, indices]
        else:
            seen[key] = indices[-1]
    if pairs:
        return pairs
    for (number, row), last in seen.items():
        only = is_constant(last) and space.size_list[space.heads[number].slots[-1]] == 1
        summed = is_bound(last) and sum(i.count(last) for _, i in merged) == 1
        if only or summed:
            del merged[number, (*row, last)]
        if summed:
            del live[last]
    return []


def _of_argument(head: Head, indices: tuple[int, ...]) -> tuple[int, ...]:
    """The indices that the inner expression has: an inverse has two more."""
    return indices[:-2] if head.kind == "inverse" else indices


def _degenerate(indices: tuple[int, ...]) -> bool:
    return bool(indices) and (min(indices) < FREE or len(set(indices)) < len(indices))


def _power(base: int, exponent: Number) -> Number:
    return Fraction(base) ** int(exponent)


def _opened(
    space: Space,
    merged: Merged,
    live: dict[int, int],
    again: list[tuple[tuple[int, tuple[int, ...]], Number]],
    sizes: list[SymbolicSize],
    coefficient: Number,
) -> Terms:
    """The slow way: with the bound indices as named ones, what has to be made anew is multiplied in."""
    from gradcheck.proofs.indexed.algebra.expression import Expr, size_expression
    from gradcheck.proofs.indexed.algebra.functions import instance
    from gradcheck.proofs.indexed.algebra.powers import power as raised

    names = {code: space.fresh(size) for code, size in live.items()}

    def open_(indices: tuple[int, ...]) -> tuple[int, ...]:
        return tuple([names.get(i, i) for i in indices])

    for key, _ in again:
        del merged[key]
    rest = Expr(space, normal_product(space, [(h, open_(i), p) for (h, i), p in merged.items()], ()))
    result: Expr = rest.scaled(coefficient)
    for (head, indices), exponent in again:
        result = result * raised(instance(space, head, open_(indices)), exponent)
    for size in sizes:
        result = result * size_expression(space, size)
    result = result.summed(*names.values())
    return result.terms
