"""A comparison judged: first on a few numbers of our own, then by gradcheck itself.

The numbers only choose between readings; the verdict that is shown is that of `gradcheck.verify`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.notes.arrays.evaluating import Evaluation
from gradcheck.notes.arrays.graph import Array, Graph
from gradcheck.notes.arrays.inlining import inline
from gradcheck.notes.arrays.terms import (
    Delta,
    Dim,
    Entry,
    Index,
    Place,
    Term,
    add,
    multiply,
    names,
    substitute,
    total,
    walk,
)

__all__ = ["Comparison", "Judgement", "Target", "judge", "screen"]

PROVED = 100
"""Terms of a comparison beyond which no proof is tried: points decide it, and the note stays quick."""
EXAMPLES = 8
"""Points that gradcheck tries of each claim, beside its fixed plan of shapes."""


@dataclass(frozen=True, slots=True)
class Target:
    """The left side as a derivative: of ``body`` (over ``axes``) by an entry of ``array``."""

    body: Term
    axes: tuple[Index, ...]
    array: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two terms over the same free indices. ``mask`` is 0 where nothing is claimed."""

    graph: Graph
    axes: tuple[Index, ...]
    left: Term
    right: Term
    mask: Term | None = None
    target: Target | None = None
    letters: tuple[tuple[str, Index], ...] = ()  # the free indices that the note writes

    def work(self) -> int:
        """How many terms both sides have, definitions included."""
        count, seen = 0, set[str]()
        stack = [self.left, self.right]
        while stack:
            for term in walk(stack.pop()):
                count += 1
                if isinstance(term, Entry) and term.name not in seen:
                    seen.add(term.name)
                    body = self.graph.arrays[term.name].body
                    if body is not None:
                        stack.append(body)
        return count


@dataclass(frozen=True, slots=True)
class Judgement:
    """``equal``: True, False, or None where gradcheck could not decide."""

    equal: bool | None
    strength: str | None = None
    diagnosis: str | None = None
    reason: str | None = None
    proof: str | None = None


# -- our own numbers


def screen(
    comparison: Comparison, *, points: int = 3, values: Mapping[str, str] | None = None
) -> bool | None:
    """Whether both sides agree at a few points in float64; None where they cannot be evaluated."""
    graph = comparison.graph
    terms = [t for t in (comparison.left, comparison.right, comparison.mask) if t is not None]
    leaves = graph.leaves(*terms)
    agreed = 0
    for attempt in range(points * 4):
        rng = np.random.default_rng(attempt)
        sizes = _sizes(graph, leaves, comparison.axes, attempt)
        arrays = {
            n: _draw(
                graph.arrays[n],
                sizes,
                rng,
                (values or {}).get(n),
                positive=attempt % 4 == 3 or attempt >= points * 2,
            )
            for n in leaves
        }
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                left, right, scale = _sides(comparison, arrays, sizes)
            except (
                ValueError,
                IndexError,
                KeyError,
                ZeroDivisionError,
                np.linalg.LinAlgError,
                OverflowError,
            ):
                continue
        if not (np.all(np.isfinite(left)) and np.all(np.isfinite(right))):
            continue
        if np.any(np.abs(left - right) > 1e-7 * scale):
            return False
        agreed += 1
        if agreed >= points:
            return True
    return True if agreed else None


def _sides(comparison: Comparison, arrays: dict[str, Any], sizes: dict[int, int]) -> tuple[Any, Any, float]:
    evaluation = Evaluation(comparison.graph, arrays)
    evaluation.sizes.update(sizes)
    left = np.asarray(evaluation.array(comparison.left, comparison.axes), dtype=float)
    right = np.asarray(evaluation.array(comparison.right, comparison.axes), dtype=float)
    if comparison.mask is not None:
        mask = np.asarray(evaluation.array(comparison.mask, comparison.axes), dtype=float)
        left, right = left * mask, right * mask
    scale = float(max(np.max(np.abs(left), initial=0.0), np.max(np.abs(right), initial=0.0), 1e-3))
    return left, right, scale


def _dims(graph: Graph, leaves: list[str], axes: tuple[Index, ...]) -> list[Dim]:
    found: dict[int, Dim] = {}
    for array in graph.arrays.values():
        for dim in array.dims:
            found.setdefault(id(dim.root()), dim.root())
    for index in axes:
        found.setdefault(id(index.dim.root()), index.dim.root())
    return list(found.values())


def _sizes(graph: Graph, leaves: list[str], axes: tuple[Index, ...], attempt: int) -> dict[int, int]:
    """Distinct sizes for distinct names, in another order at each attempt."""
    orders = ((2, 3, 4, 5), (4, 2, 5, 3), (3, 5, 2, 4))
    order = orders[attempt % 3]
    return {
        id(dim): dim.number if dim.number is not None else order[k % 4]
        for k, dim in enumerate(_dims(graph, leaves, axes))
    }


def _draw(
    array: Array, sizes: dict[int, int], rng: np.random.Generator, values: str | None, *, positive: bool
) -> Any:
    shape = tuple(sizes[id(d.root())] for d in array.dims)
    kind = values or array.values
    drawn = rng.uniform(0.3, 1.7, shape) * (1 if positive else rng.choice([-1.0, 1.0], shape))
    return _of_kind(kind, drawn, rng)


def _of_kind(kind: str, drawn: Any, rng: np.random.Generator) -> Any:
    shape = np.shape(drawn)
    match kind:
        case "positive":
            return np.abs(drawn)
        case "unit":
            return np.abs(drawn) / 2.0
        case "one-hot" | "label":
            hot = np.zeros(shape)
            if shape:
                flat = hot.reshape(-1, shape[-1])
                flat[np.arange(len(flat)), rng.integers(0, shape[-1], len(flat))] = 1.0
            return hot
        case "simplex":
            return _shares(drawn)
        case "symmetric" if len(shape) >= 2:
            return drawn + np.swapaxes(drawn, -1, -2)
        case "spd" if len(shape) >= 2:
            return drawn @ np.swapaxes(drawn, -1, -2) + np.eye(shape[-1])
        case "diagonal" if len(shape) >= 2:
            return drawn * np.eye(shape[-1])
        case "ones":
            return np.ones(shape)
    return drawn


def _shares(drawn: Any) -> Any:
    """Positive numbers that add up to 1 along the last axis exactly: parts of a power of two."""
    if not np.ndim(drawn):
        return np.ones(())
    whole = 1024
    sizes = np.floor(np.abs(drawn) / np.sum(np.abs(drawn), axis=-1, keepdims=True) * (whole - 64)) + 1
    sizes[..., 0] += whole - np.sum(sizes, axis=-1)
    return sizes / whole


# -- gradcheck's verdict


def judge(comparison: Comparison, values: Mapping[str, str] | None = None) -> Judgement:
    """The verdict of gradcheck: of the claim in its own form, else of two expressions for one value."""
    forms: list[Callable[[], _Claim | None]] = [
        lambda: _derivative_claim(comparison),
        lambda: _moved_claim(comparison),
        lambda: _value_claim(comparison),
    ]
    last: Judgement | None = None
    for make in forms:
        claim = make()
        if claim is None:
            continue
        if comparison.work() > PROVED:
            claim = replace(claim, forward=_on_numbers(claim.forward))
        judgement = _verified(claim, values or {})
        if judgement.equal is None:  # at the large values of `normal` exponentials leave nothing to compare
            mild = {n: "mild" for n, kind in claim.values.items() if kind == "normal"}
            judgement = _verified(claim, {**mild, **(values or {})})
        if judgement.equal is not None:
            return judgement
        last = last or judgement
    return last or Judgement(None, reason="it has no form that gradcheck can check")


@dataclass(slots=True)
class _Claim:
    """What is handed to `gradcheck.verify`; beyond `PROVED` terms its code refuses symbols."""

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    shapes: dict[str, str]
    values: dict[str, str]


def _on_numbers(forward: Callable[..., Any]) -> Callable[..., Any]:
    """A forward that says no to symbols for all shapes."""

    def numeric(*arguments: Any) -> Any:
        from gradcheck import Unsupported

        if any("indexed" in type(a).__module__ for a in arguments):
            raise Unsupported("the formula is long, so that no proof is tried")
        return forward(*arguments)

    return numeric


def _verified(claim: _Claim, values: Mapping[str, str]) -> Judgement:
    import gradcheck

    fillers = {n: f for n, kind in claim.values.items() if (f := _filler(values.get(n, kind))) is not None}
    labels = {n: f"a{k}" for k, n in enumerate(claim.shapes)}
    try:
        result = gradcheck.verify(
            claim.forward,
            claim.backward,
            {labels[n]: shape for n, shape in claim.shapes.items()},
            values={labels[n]: f for n, f in fillers.items()},
            backends=["finite_difference"],
            max_examples=EXAMPLES,
        )
    except gradcheck.UsageError as error:
        return Judgement(None, reason=str(error))
    verdict = str(result.verdict)
    strength = str(result.strength) if result.strength is not None else None
    if verdict in {"pass", "weak"}:
        return Judgement(True, strength, proof=result.proof.reason if result.proof else None)
    if verdict == "fail":
        # what points into our own evaluation of a formula says nothing to its author
        text = "; ".join(d.text for d in result.diagnosis if ".py:" not in d.text and d.kind != "unexplained")
        return Judgement(False, diagnosis=text or None, reason=result.reason)
    return Judgement(None, reason=result.reason)


def _filler(kind: str) -> Any:
    import gradcheck

    simple = {
        "positive": gradcheck.positive,
        "unit": gradcheck.unit_interval,
        "one-hot": gradcheck.one_hot,
        "label": gradcheck.one_hot,
        "spd": gradcheck.spd,
    }
    if kind in simple:
        return simple[kind]
    if kind in {"symmetric", "simplex", "diagonal", "ones"}:
        return lambda shape, rng: np.asarray(_of_kind(kind, np.round(rng.uniform(0.3, 1.7, shape), 3), rng))
    if kind == "mild":
        return lambda shape, rng: np.asarray(np.round(rng.uniform(-1.7, 1.7, shape), 3))
    if kind == "zeros":
        return lambda shape, rng: np.zeros(shape)
    return None


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


def _claim(graph: Graph, leaves: list[str], forward: Any, backward: Any, extra: list[Array]) -> _Claim | None:
    shapes = _Shapes()
    arrays = [*extra, *(graph.arrays[n] for n in leaves)]
    if not arrays:
        return None
    return _Claim(
        forward, backward, {a.name: shapes.of(a) for a in arrays}, {a.name: a.values for a in arrays}
    )


def _carried(
    graph: Graph, leaves: list[str], terms: list[Term], extra: tuple[Array, ...], axes: tuple[Index, ...]
) -> bool:
    """Whether every size that the terms ask about is the size of an argument."""
    from gradcheck.notes.arrays.terms import Det, Inverse, Largest, Size, Total

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
                case Total(index, _) | Largest(index, _):
                    asked.append(index.dim)
                case Delta(a, b):
                    asked += [p.dim for p in (a, b) if isinstance(p, Index)]
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
    return all(d.root().number is not None or id(d.root()) in known for d in asked)


def _derivative_claim(comparison: Comparison) -> _Claim | None:
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
        cut.given(target.array, own.dims, _range_of(own))
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

    return _claim(graph, leaves, forward, backward, [])


def _range_of(array: Array) -> str:
    return array.values


def _moved_claim(comparison: Comparison) -> _Claim | None:
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

    return _claim(moved, leaves, forward, backward, [moved.arrays[shift]])


def _shifted(body: Term, target: Target, shift: str, axes: tuple[Index, ...]) -> Term:
    from gradcheck.notes.arrays.terms import fresh

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


def _value_claim(comparison: Comparison) -> _Claim | None:
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
    if not _carried(graph, leaves, [body, right], (graph.arrays[weights],), comparison.axes):
        return None

    def forward(w: Any, *arguments: Any) -> Any:
        evaluation = Evaluation(graph, {weights: w, **dict(zip(leaves, arguments, strict=True))})
        return _scalar_or_array(evaluation, body, ())

    def backward(d: Any, w: Any, *arguments: Any) -> Any:
        evaluation = Evaluation(graph, {weights: w, **dict(zip(leaves, arguments, strict=True))})
        return (d * _scalar_or_array(evaluation, right, comparison.axes), *(None for _ in arguments))

    return _claim(graph, leaves, forward, backward, [graph.arrays[weights]])


def _scalar_or_array(evaluation: Evaluation, term: Term, axes: tuple[Index, ...]) -> Any:
    value = evaluation.array(term, axes)
    return value if names(term) else value * 1.0  # a number alone is an int


def entries(graph: Graph) -> Iterator[str]:
    yield from graph.arrays


def rename(term: Term, to: Mapping[Index, Place]) -> Term:
    return substitute(term, to)
