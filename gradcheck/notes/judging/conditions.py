"""Under what a claim is right that is not right in general: a short fixed list."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gradcheck.notes.arrays.algebra import add, free, multiply, negative, walk
from gradcheck.notes.arrays.graph import Array
from gradcheck.notes.arrays.terms import ONE, Delta, Entry, Function, Index, Positive, Term
from gradcheck.notes.judging.comparison import Comparison
from gradcheck.notes.judging.screening import screen

__all__ = ["Condition", "conditions", "first_condition"]


WEIGHTS = {"W", "w", "U", "V", "\\Theta", "\\theta"}

LABELS = {"y", "t", "y^{(i)}", "t^{(i)}"}
"""What often holds classes written as 1 and -1."""


POINTS = 6
"""Points, at sizes in three orders, at which a condition must make both sides equal."""


@dataclass(frozen=True, slots=True)
class Condition:
    """``text`` for people; ``comparison`` and ``values`` under which it holds."""

    text: str
    comparison: Comparison
    values: dict[str, str]


def first_condition(
    comparisons: tuple[Comparison, ...], said: frozenset[str] = frozenset()
) -> tuple[Condition, ...] | None:
    """The first condition of the list under which both sides of every equality agree, one for each.

    ``said`` holds two indices that the note calls equal there.
    """
    if not comparisons or any(c.mask is not None for c in comparisons):
        return None
    lists = [{c.text: c for c in conditions(comparison, said)} for comparison in comparisons]
    for text in {t: None for known in lists for t in known}:
        held = tuple(
            known.get(text, Condition(text, comparison, {}))
            for known, comparison in zip(lists, comparisons, strict=True)
        )
        if all(_holds(c) for c in held):
            return held
    return None


def _holds(condition: Condition) -> bool:
    """Whether both sides agree wherever a condition is met, not only by positive numbers."""
    if not screen(condition.comparison, values=condition.values, points=POINTS):
        return False
    wider = {n: "sum of 1" if kind == "simplex" else kind for n, kind in condition.values.items()}
    return wider == condition.values or screen(condition.comparison, values=wider, points=POINTS) is not False


def conditions(comparison: Comparison, said: frozenset[str] = frozenset()) -> Iterator[Condition]:
    """The list, those first that exclude least."""
    letters = [index for _, index in comparison.letters]
    told = [index for letter, index in comparison.letters if letter in said]
    if len(told) == 2 and told[0].dim.root() is told[1].dim.root():
        yield Condition(f"{_name(told[0])} = {_name(told[1])}", replace(comparison, mask=Delta(*told)), {})
    for k, a in enumerate(letters):
        for b in letters[k + 1 :]:
            if a.dim.root() is b.dim.root():
                differ: Term = add((ONE, negative(Delta(a, b))))
                yield Condition(f"{_name(a)} ≠ {_name(b)}", replace(comparison, mask=differ), {})
    graph = comparison.graph
    yield from _of_labels(comparison)
    kinks = _kinks(comparison)
    if kinks:
        yield from (c for c in kinks if c.text)
        return  # drawn on one side of a kink, anything seems to help
    leaves = [n for n in graph.leaves(comparison.left, comparison.right) if _is_symbol(n)]
    shares = [n for n in leaves if _may_be_shares(graph.arrays[n])]
    for name in shares:
        yield Condition(f"the entries of {name} sum to 1", comparison, {name: "simplex"})
    for (a, b), name in itertools.product(itertools.combinations(letters, 2), shares):
        if a.dim.root() is b.dim.root():
            differ = add((ONE, negative(Delta(a, b))))
            text = f"{_name(a)} ≠ {_name(b)} and the entries of {name} sum to 1"
            yield Condition(text, replace(comparison, mask=differ), {name: "simplex"})
    square = [n for n in leaves if _is_square(graph.arrays[n])]
    for name in square:
        yield Condition(f"{name} is symmetric", comparison, {name: "symmetric"})
    own = comparison.target.array if comparison.target is not None else ""
    if own not in square:  # what is differentiated by moves freely
        several = [*itertools.combinations(square, 2), tuple(square)] if len(square) > 1 else []
        for together in several:
            said_of = f"{', '.join(together[:-1])} and {together[-1]} are symmetric"
            yield Condition(said_of, comparison, dict.fromkeys(together, "symmetric"))
    for name in sorted(LABELS & set(leaves)):
        if graph.arrays[name].values == "normal" and len(graph.arrays[name].dims) < 2:
            yield Condition(f"{name} is 1 or -1", comparison, {name: "signs"})
    for name in leaves:
        if graph.arrays[name].values == "normal":
            yield Condition(f"{name} is positive", comparison, {name: "positive"})
    for name in leaves:
        array = graph.arrays[name]
        if array.values == "one-hot" and len(array.dims) == 1:
            for index in letters:
                if index.dim.root() is array.dims[0].root():
                    mask = multiply((Entry(name, (index,)),))
                    yield Condition(f"{name}_{_name(index)} = 1", replace(comparison, mask=mask), {})


def _of_labels(comparison: Comparison) -> Iterator[Condition]:
    """An index that is the label of a class or is not, as in "for j other than y_i"."""
    graph = comparison.graph
    letters = [index for _, index in comparison.letters]
    compared = {
        t.name
        for t in walk(comparison.right)
        if isinstance(t, Entry) and t.places and t.places[-1] in letters
    }
    for name in graph.leaves(comparison.left, comparison.right):
        if name in compared:
            continue  # the claim itself tells its cases apart
        *own, classes = graph.arrays[name].dims or (None,)
        if not name.endswith(".hot") or classes is None or len(own) > 1:
            continue
        of = [i for i in letters if own and i.dim.root() is own[0].root()] if own else [None]
        for example, index in itertools.product(of, letters):
            if index is example or index.dim.root() is not classes.root():
                continue
            hot = Entry(name, (index,) if example is None else (example, index))
            said = name.removesuffix(".hot") + ("" if example is None else f"_{_name(example)}")
            other = add((ONE, negative(hot)))
            yield Condition(f"{_name(index)} ≠ {said}", replace(comparison, mask=other), {})
            yield Condition(f"{_name(index)} = {said}", replace(comparison, mask=hot), {})


def _kinks(comparison: Comparison) -> list[Condition]:
    """One side and the other of each comparison with 0 that the truth makes of a number.

    A claim that makes comparisons of its own is not one of a single side: there each stands for itself.
    """
    own = {index for _, index in comparison.letters}
    found = dict.fromkeys(x for t in walk(comparison.left) if (x := _compared(t)) is not None)
    if any(_compared(t) is not None for t in walk(comparison.right)):
        return [Condition("", comparison, {})] if found else []
    sides: list[Condition] = []
    for inside in found:
        if free(inside) <= own:
            for sign, word in ((inside, "positive"), (negative(inside), "negative")):
                said = f"what is compared with 0 is {word}"
                sides.append(Condition(said, replace(comparison, mask=Positive(sign)), {}))
    return sides


def _compared(term: Term) -> Term | None:
    """What a term compares with 0."""
    if isinstance(term, Positive):
        return term.argument
    kinked = isinstance(term, Function) and term.name in {"abs", "sign", "relu"}
    return term.argument if kinked and isinstance(term, Function) else None


def _may_be_shares(array: Array) -> bool:
    return len(array.dims) == 1 and array.values in {"normal", "unit", "positive"}


def _is_square(array: Array) -> bool:
    """Whether an array may be symmetric; nobody has symmetric weights: there a transpose is missing."""
    if array.name.split("@")[0].split("_")[0] in WEIGHTS:
        return False
    own = array.values == "normal" and len(array.dims) == 2
    return own and array.dims[0].root() is array.dims[1].root()


def _name(index: Index) -> str:
    return index.name.split("#")[0]


def _is_symbol(name: str) -> bool:
    """Not a coefficient of an undefined function."""
    return "." not in name
