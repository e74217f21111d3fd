"""A comparison in the forms that `gradcheck.verify` takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gradcheck.notes.arrays.algebra import add, multiply, names, total, walk
from gradcheck.notes.arrays.evaluating import Evaluation
from gradcheck.notes.arrays.graph import Array, Graph
from gradcheck.notes.arrays.inlining import inline
from gradcheck.notes.arrays.terms import (
    Delta,
    Det,
    Dim,
    Entry,
    Index,
    Inverse,
    Largest,
    Multiple,
    Size,
    Sliding,
    Term,
    Total,
    fresh,
)
from gradcheck.notes.judging.comparison import Comparison, Target
from gradcheck.notes.judging.widths import bounded

__all__ = ["Claim", "derivative_claim", "moved_claim", "value_claim"]


@dataclass(slots=True)
class Claim:
    """What is handed to `gradcheck.verify`; beyond `PROVED` terms its code refuses symbols."""

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    shapes: dict[str, str]
    values: dict[str, str]
    where: Callable[..., bool] | None = None


class _Shapes:
    """Names for sizes, as `gradcheck.verify` takes them."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}

    def of(self, array: Array) -> str:
        return " ".join(self.text(d) for d in array.dims)

    def text(self, dim: Dim) -> str:
        root = dim.root()
        if root.number is not None:
            return str(root.number)
        return self.names.setdefault(id(root), f"n{len(self.names)}")


def _claim(
    graph: Graph, leaves: list[str], terms: list[Term], forward: Any, backward: Any, extra: list[Array]
) -> Claim | None:
    shapes = _Shapes()
    arrays = [*extra, *(graph.arrays[n] for n in leaves)]
    if not arrays:
        return None
    said = {a.name: shapes.of(a) for a in arrays}
    where = bounded(graph, terms, shapes.names)
    return Claim(forward, backward, said, {a.name: a.values for a in arrays}, where)


def _carried(
    graph: Graph, leaves: list[str], terms: list[Term], extra: tuple[Array, ...], axes: tuple[Index, ...]
) -> bool:
    return not _lacking(graph, leaves, terms, extra, axes)


def _lacking(
    graph: Graph, leaves: list[str], terms: list[Term], extra: tuple[Array, ...], axes: tuple[Index, ...]
) -> list[Dim]:
    """The sizes that the terms ask about and no argument has."""
    known = {id(d.root()) for n in leaves for d in graph.arrays[n].dims}
    known |= {id(d.root()) for a in extra for d in a.dims}
    asked: list[Dim] = [i.dim for i in axes]
    stack = list(terms)
    seen: set[str] = set()
    while stack:
        for t in walk(stack.pop()):
            match t:
                case Size(dim):
                    asked.append(dim)
                case Total(index, _) | Multiple(index, _) | Largest(index, _):
                    asked.append(index.dim)
                case Delta(a, b):
                    asked += [p.dim for p in (a, b) if isinstance(p, Index)]
                case Sliding(at, steps):
                    asked += [p.dim for p in (at, *(p for p, _ in steps)) if isinstance(p, Index)]
                case Inverse(row, _, _, _, _) | Det(row, _, _):
                    asked.append(row.dim)
                case Entry(name, _) if name not in seen and name not in leaves:
                    seen.add(name)
                    body = graph.arrays[name].body
                    if body is not None:
                        stack.append(body)
                        asked += list(graph.arrays[name].dims)
                case _:
                    pass
    lacking = {id(r): r for d in asked if (r := d.root()).number is None and id(r) not in known}
    return list(lacking.values())


def derivative_claim(comparison: Comparison) -> Claim | None:
    """The claim as gradcheck states it: the gradient of a forward, given delta."""
    target, graph = comparison.target, comparison.graph
    if target is None or comparison.mask is not None:
        return None
    open_places = [p for p in target.places if isinstance(p, Index)]
    if len(open_places) != len(target.places) or len(set(open_places)) != len(open_places):
        return None
    if set(open_places) & set(target.axes) or {*open_places, *target.axes} != set(comparison.axes):
        return None
    own = graph.arrays[target.array]
    if own.body is not None:
        cut = graph.copy()
        cut.given(target.array, own.dims, own.values)
        graph = cut
    leaves = graph.leaves(target.body, comparison.right)
    if target.array not in leaves:
        return None
    upstream = comparison.graph.reads(target.array) - {target.array}
    if own.body is not None and upstream & set(leaves) & comparison.graph.reads(target.array):
        below = set(graph.leaves(target.body)) | set(graph.leaves(comparison.right))
        if upstream & below:
            return None
    delta = "delta."
    graph = graph.copy() if graph is comparison.graph else graph
    graph.given(delta, tuple(i.dim for i in target.axes))
    gradient = multiply((Entry(delta, target.axes), comparison.right))
    for index in target.axes:
        gradient = total(index, gradient)
    axes = tuple(open_places)
    if not _carried(graph, leaves, [target.body, gradient], (), axes):
        return None

    def forward(*arguments: Any) -> Any:
        return _scalar_or_array(
            Evaluation(graph, dict(zip(leaves, arguments, strict=True))), target.body, target.axes
        )

    def backward(d: Any, *arguments: Any) -> Any:
        evaluation = Evaluation(graph, {delta: d, **dict(zip(leaves, arguments, strict=True))})
        value = _scalar_or_array(evaluation, gradient, axes)
        return tuple(value if n == target.array else None for n in leaves)

    return _claim(graph, leaves, [target.body, gradient], forward, backward, [])


def moved_claim(comparison: Comparison) -> Claim | None:
    """The derivative at a computed array, or of chosen entries only: by a shift that is zero."""
    target, graph = comparison.target, comparison.graph
    if target is None:
        return None
    shift = "shift."
    moved = graph.copy()
    moved.given(shift, tuple(i.dim for i in comparison.axes), "zeros")
    downstream = {n for n in graph.arrays if target.array in graph.reads(n) and n != target.array}
    body = target.body
    for _ in range(30):
        inner = names(body) & downstream
        if not inner:
            break
        body = inline(graph, body, inner)
    body = _shifted(body, target, shift, comparison.axes)
    if comparison.mask is not None:
        body = multiply((comparison.mask, body))
    right = comparison.right if comparison.mask is None else multiply((comparison.mask, comparison.right))
    leaves = [n for n in moved.leaves(body, right) if n != shift]
    delta = "delta."
    moved.given(delta, tuple(i.dim for i in comparison.axes))
    gradient = multiply((Entry(delta, comparison.axes), right))
    if not _carried(moved, leaves, [body, gradient], (moved.arrays[shift],), comparison.axes):
        return None

    def forward(s: Any, *arguments: Any) -> Any:
        evaluation = Evaluation(moved, {shift: s, **dict(zip(leaves, arguments, strict=True))})
        return _scalar_or_array(evaluation, body, comparison.axes)

    def backward(d: Any, s: Any, *arguments: Any) -> Any:
        evaluation = Evaluation(moved, {delta: d, shift: s, **dict(zip(leaves, arguments, strict=True))})
        return (_scalar_or_array(evaluation, gradient, comparison.axes), *(None for _ in arguments))

    return _claim(moved, leaves, [body, gradient], forward, backward, [moved.arrays[shift]])


def _shifted(body: Term, target: Target, shift: str, axes: tuple[Index, ...]) -> Term:
    graph = Graph()
    dims = [p.dim if isinstance(p, Index) else Dim() for p in target.places]
    own = tuple(fresh(d) for d in dims)
    where = [Delta(i, p) for i, p in zip(own, target.places, strict=True)]
    twin = f"{target.array}.held"
    graph.computed(target.array, own, add((Entry(twin, own), multiply((*where, Entry(shift, axes))))))
    changed = inline(graph, body, {target.array})
    back = Graph()
    back.computed(twin, own, Entry(target.array, own))
    return inline(back, changed, {twin})


def value_claim(comparison: Comparison) -> Claim | None:
    """Two expressions for one value: the gradient of sum t * left by t is left."""
    weights = "weights."
    graph = comparison.graph.copy()
    graph.given(weights, tuple(i.dim for i in comparison.axes))
    left, right = comparison.left, comparison.right
    if comparison.mask is not None:
        left, right = multiply((comparison.mask, left)), multiply((comparison.mask, right))
    body = multiply((Entry(weights, comparison.axes), left))
    for index in comparison.axes:
        body = total(index, body)
    leaves = [n for n in graph.leaves(left, right) if n != weights]
    for dim in _lacking(graph, leaves, [body, right], (graph.arrays[weights],), comparison.axes):
        carrier = f"size.{len(leaves)}"  # an argument that only brings its size
        graph.given(carrier, (dim,))
        leaves.append(carrier)

    def forward(w: Any, *arguments: Any) -> Any:
        evaluation = Evaluation(graph, {weights: w, **dict(zip(leaves, arguments, strict=True))})
        return _scalar_or_array(evaluation, body, ())

    def backward(d: Any, w: Any, *arguments: Any) -> Any:
        evaluation = Evaluation(graph, {weights: w, **dict(zip(leaves, arguments, strict=True))})
        return (d * _scalar_or_array(evaluation, right, comparison.axes), *(None for _ in arguments))

    return _claim(graph, leaves, [body, right], forward, backward, [graph.arrays[weights]])


def _scalar_or_array(evaluation: Evaluation, term: Term, axes: tuple[Index, ...]) -> Any:
    value = evaluation.array(term, axes)
    return value if names(term) else value * 1.0  # a number alone is an int
