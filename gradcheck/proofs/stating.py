"""Running a claim's hand-written code on symbols, and naming what it states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gradcheck.errors import Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity, derivative, outputs
from gradcheck.proofs.indexed import Expr, IndexedArray, axis_codes, rebound
from gradcheck.proofs.indexed.algebra.codes import is_constant
from gradcheck.proofs.indexed.arrays.array import as_array
from gradcheck.proofs.indexed.arrays.size import polynomial_of
from gradcheck.proofs.indexed.arrays.symbolic_index import SymbolicIndex
from gradcheck.proofs.truth import Truth

__all__ = ["Symbolic", "stated", "truths"]


@dataclass
class Symbolic:
    """One thing that a claim states, on symbols: the array that it should be. ``codes`` are the indices of
    an entry of it, one per axis; ``truth`` is the entry.
    """

    quantity: Quantity
    shape: tuple[Any, ...]
    codes: tuple[int, ...]
    truth: Expr


def truths(claim: Claim, truth: Truth) -> dict[Quantity, Symbolic]:
    """What the claim should state, by the names that a run of the code gives. Raises `Unsupported`."""
    names = claim.formula.shapes.arguments
    arrays = truth.arguments.arrays
    found: dict[Quantity, Symbolic] = {}
    if claim.kind in ("vjp", "update"):
        for k, (name, array) in enumerate(zip(names, arrays, strict=True)):
            if not truth.arguments.real[k]:
                continue
            codes = truth.codes("target", array.shape)
            if claim.kind == "vjp":
                found[claim.quantity(name)] = Symbolic(
                    claim.quantity(name), array.shape, codes, truth.gradient(k)
                )
            else:
                start = _at(array, codes)
                moved = start - truth.rate.entry * truth.slope(k)
                found[claim.quantity(name)] = Symbolic(claim.quantity(name), array.shape, codes, moved)
        return found
    if claim.kind == "forward":
        for quantity, output in zip(outputs(len(truth.outputs)), truth.outputs, strict=True):
            codes = truth.codes("out", output.shape)
            found[quantity] = Symbolic(quantity, output.shape, codes, _at(output, codes))
        return found
    position = names.index(str(claim.target))
    if claim.kind == "entry":
        return _entry(claim, truth, position)
    rows, columns = truth.outputs[0].shape, arrays[position].shape
    outer, inner = truth.codes("out", rows), truth.codes("target", columns)
    jacobian = truth.jacobian(position)
    quantity = derivative(str(claim.target))
    if claim.layout == "own":
        if rows:
            raise Unsupported("the layout of the argument itself takes a scalar output")
        return {quantity: Symbolic(quantity, columns, inner, jacobian)}
    if claim.layout == "numerator":
        row, column = _flat(rows, outer), _flat(columns, inner)
        return {quantity: Symbolic(quantity, (row[0], column[0]), (row[1], column[1]), jacobian)}
    return {quantity: Symbolic(quantity, rows + columns, outer + inner, jacobian)}


def _at(array: IndexedArray, codes: tuple[int, ...]) -> Expr:
    own = axis_codes(array.space, array.shape)
    return array.entry.renamed({a: c for a, c in zip(own, codes, strict=True) if not is_constant(a)})


def _flat(shape: tuple[Any, ...], codes: tuple[int, ...]) -> tuple[Any, int]:
    """The size and index of an array laid out in one axis."""
    wide = [(s, c) for s, c in zip(shape, codes, strict=True) if not (isinstance(s, int) and s == 1)]
    if len(wide) > 1:
        raise Unsupported("a Jacobian that lays out several axes as one")
    return wide[0] if wide else (1, 0)


def index_codes(claim: Claim, truth: Truth) -> dict[str, int]:
    """The code of every free index of an entry claim. Names that the branch identifies share one."""
    entry = claim.entry
    assert entry is not None
    position = claim.formula.shapes.arguments.index(entry.argument)
    pairs = list(zip(entry.argument_index, truth.arguments.arrays[position].shape, strict=True))
    if entry.output_index is not None:
        pairs += zip(entry.output_index, truth.outputs[0].shape, strict=True)
    first = {name: name for name in entry.free}
    for one, other in truth.branch.same:
        old, new = first[other], first[one]
        first = {n: new if f == old else f for n, f in first.items()}
    sizes: dict[str, Any] = {}
    for index, size in pairs:
        if isinstance(index, int):
            continue
        known = sizes.setdefault(first[index], size)
        if polynomial_of(known) != polynomial_of(size):
            raise Unsupported(f"the index {index} on axes of sizes {known} and {size}")
    space = truth.space
    order = list(entry.free)
    return {
        name: 0
        if isinstance(sizes[first[name]], int) and sizes[first[name]] == 1
        else space.code("entry", order.index(first[name]), space.size_number(sizes[first[name]]))
        for name in entry.free
    }


def _entry(claim: Claim, truth: Truth, position: int) -> dict[Quantity, Symbolic]:
    entry = claim.entry
    assert entry is not None
    codes = index_codes(claim, truth)
    argument = truth.arguments.arrays[position].shape
    output = truth.outputs[0].shape
    targets = truth.codes("target", argument)
    place = {t: _place(i, codes) for t, i in zip(targets, entry.argument_index, strict=True)}
    shape: tuple[Any, ...] = ()
    axes: tuple[int, ...] = ()
    if entry.scalar:
        whole = truth.gradient(position)
    else:
        whole = truth.jacobian(position)
        outer = truth.codes("out", output)
        if entry.output_index is None:
            shape, axes = output, outer
        else:
            place |= {o: _place(i, codes) for o, i in zip(outer, entry.output_index, strict=True)}
    at = whole.renamed({c: p for c, p in place.items() if not is_constant(c)})
    return {entry.quantity: Symbolic(entry.quantity, shape, axes, at)}


def _place(index: int | str, codes: Mapping[str, int]) -> int:
    return index if isinstance(index, int) else codes[index]


def stated(claim: Claim, truth: Truth) -> dict[Quantity, IndexedArray]:
    """What the hand-written code states, on symbols. Raises whatever it raises."""
    space = truth.space
    arrays = truth.arguments.arrays
    delta: Any = tuple(truth.deltas) if truth.multiple else truth.deltas[0]
    candidate = rebound(claim.candidate, space)
    names = claim.formula.shapes.arguments
    if claim.kind in ("vjp", "update"):
        result = candidate(delta if claim.kind == "vjp" else truth.rate, *arrays)
        parts = _per_argument(result, names)
        return {
            claim.quantity(n): as_array(space, part)
            for k, (n, part) in enumerate(zip(names, parts, strict=True))
            if part is not None and truth.arguments.real[k]
        }
    if claim.kind == "entry":
        assert claim.entry is not None
        codes = index_codes(claim, truth)
        indices = [c if is_constant(c) else SymbolicIndex(space, c, n) for n, c in codes.items()]
        result = candidate(*indices, *([delta] if claim.entry.scalar else []), *arrays)
        return {claim.entry.quantity: as_array(space, result)}
    result = candidate(*arrays)
    if claim.kind == "forward":
        parts = list(result) if truth.multiple else [result]
        return {q: as_array(space, p) for q, p in zip(outputs(len(truth.outputs)), parts, strict=True)}
    return {derivative(str(claim.target)): as_array(space, result)}


def _per_argument(result: Any, names: tuple[str, ...]) -> list[Any]:
    if isinstance(result, Mapping):
        if set(result) != set(names):
            raise Unsupported("gradients by names that are not the arguments'")
        return [result[n] for n in names]
    parts = list(result) if isinstance(result, tuple | list) else [result]
    if len(parts) != len(names):
        raise Unsupported(f"{len(parts)} results for {len(names)} arguments")
    return parts
