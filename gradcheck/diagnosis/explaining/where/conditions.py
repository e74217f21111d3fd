"""Explanations of a quantity that is right at some shapes and wrong at others: conditions on sizes.

A condition has to hold at every sample where the quantity is wrong, and at none where it is right. Since
many conditions fit a handful of points, those that do are played off against each other: new points are
made at which they disagree, and the code is asked there.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.samples import Sample

__all__ = ["Condition", "conditions_of", "lengths_of", "narrowed"]

_ROUNDS = 4
_MOST_BROUGHT = 34
_LARGEST = 12
_MOST_NUMBERS = 2000
"""The largest product of all sizes at which the code is asked."""


@dataclass(frozen=True)
class Condition:
    """``test`` says whether it holds at some lengths, by their names."""

    text: str
    cost: float
    test: Callable[[dict[str, int]], bool]


def lengths_of(case: Case, sample: Sample) -> dict[str, int]:
    """The sizes by name, and the lengths of axes that are no size of their own."""
    found = dict(sample.sizes)
    for name, array in zip(case.names, sample.point.args, strict=True):
        for axis, length in enumerate(array.shape):
            found[f"{name}.shape[{axis}]"] = length
    for k, output in enumerate(sample.point.outputs):
        for axis, length in enumerate(output.shape):
            found[f"{'output' if not sample.point.multiple else f'output {k}'}.shape[{axis}]"] = length
    return found


def conditions_of(case: Case, wrong: Sequence[Sample], right: Sequence[Sample]) -> list[Condition]:
    """The conditions that tell the two apart, the simplest first."""
    yes = [lengths_of(case, s) for s in wrong]
    no = [lengths_of(case, s) for s in right]
    if not yes or not no:
        return []
    names = _independent(case, yes + no)
    found = [c for c in _single(names, yes, no) if _fits(c, yes, no)]
    if not found:
        found = [c for c in _joint(names, yes, no) if _fits(c, yes, no)]
    return sorted(found, key=lambda c: c.cost)


def narrowed(
    case: Case,
    wrong: Sequence[Sample],
    right: Sequence[Sample],
    is_wrong: Callable[[Sample], bool | None],
) -> tuple[Condition, list[Sample], list[Sample]] | None:
    """The simplest condition that is left after new points were asked, with all the points.

    None where no condition fits, where too few points lie on one side, or where no new point gave an answer:
    what was never played off against anything is not told.
    """
    wrong, right = list(wrong), list(right)
    for round_ in range(_ROUNDS):
        found = conditions_of(case, wrong, right)
        if not found:
            return None
        if case.is_spent and round_:
            break
        fresh = _telling_points(case, found, wrong, right, round_)
        known = len(wrong) + len(right)
        for sample in fresh:
            if case.is_spent:
                break
            answer = is_wrong(sample)
            if answer is not None:
                (wrong if answer else right).append(sample)
        if fresh and not round_ and len(wrong) + len(right) == known:
            return None
    found = conditions_of(case, wrong, right)
    if not found or len(wrong) < 2 or len(right) < 2 or _beyond_asking(case, wrong):
        return None
    return found[0], wrong, right


def _beyond_asking(case: Case, wrong: Sequence[Sample]) -> bool:
    """Whether all sizes just outside of where it is wrong are too dear to ask at."""
    edges = [s for s in _just_outside(case.claim.formula.shapes.names, wrong) if case.claim.formula.allows(s)]
    return bool(edges) and not any(map(_is_cheap, edges))


def _is_cheap(sizes: dict[str, int]) -> bool:
    return bool(np.prod(list(sizes.values())) <= _MOST_NUMBERS)


def _independent(case: Case, rows: Sequence[dict[str, int]]) -> list[str]:
    """Names of lengths, without those that are always equal to one named before."""
    seen: set[tuple[int, ...]] = set()
    names = []
    for name in rows[0]:
        column = tuple(r.get(name, -1) for r in rows)
        if column not in seen and len(set(column)) > 1:
            seen.add(column)
            names.append(name)
    return names


def _fits(condition: Condition, yes: Sequence[dict[str, int]], no: Sequence[dict[str, int]]) -> bool:
    try:
        return all(condition.test(r) for r in yes) and not any(condition.test(r) for r in no)
    except KeyError:
        return False


def _single(
    names: Sequence[str], yes: Sequence[dict[str, int]], no: Sequence[dict[str, int]]
) -> Iterator[Condition]:
    for name in names:
        inside, outside = [r[name] for r in yes], [r[name] for r in no]
        low, high = min(inside), max(inside)
        plain = 0.0 if "." not in name else 0.15
        if low == high:
            yield Condition(f"{name} = {low}", 0.3 + plain, lambda r, n=name, v=low: r[n] == v)
        if len(set(outside)) == 1:
            value = outside[0]
            yield Condition(f"{name} is not {value}", 0.4 + plain, lambda r, n=name, v=value: r[n] != v)
        yield Condition(f"{name} is {low} or more", 0.5 + plain, lambda r, n=name, v=low: r[n] >= v)
        yield Condition(f"{name} is {high} or less", 0.5 + plain, lambda r, n=name, v=high: r[n] <= v)
        for odd in (0, 1):
            word = "odd" if odd else "even"
            yield Condition(f"{name} is {word}", 0.45 + plain, lambda r, n=name, o=odd: r[n] % 2 == o)
        for block in (8, 4):
            yield Condition(
                f"{name} is no multiple of {block}", 0.6 + plain, lambda r, n=name, b=block: r[n] % b != 0
            )
    for a, b in itertools.combinations(names, 2):
        plain = 0.0 if "." not in a + b else 0.2
        yield Condition(f"{a} = {b}", 0.35 + plain, lambda r, a=a, b=b: r[a] == r[b])
        if len(apart := {r[a] - r[b] for r in yes}) == 1 and (k := apart.pop()):
            more, less = (a, b) if k > 0 else (b, a)
            text = f"{more} = {less} + {abs(k)}"
            yield Condition(text, 0.42 + plain, lambda r, a=a, b=b, k=k: r[a] - r[b] == k)
        yield Condition(f"{a} is not {b}", 0.4 + plain, lambda r, a=a, b=b: r[a] != r[b])
        yield Condition(f"{a} is larger than {b}", 0.5 + plain, lambda r, a=a, b=b: r[a] > r[b])
        yield Condition(f"{b} is larger than {a}", 0.5 + plain, lambda r, a=a, b=b: r[a] < r[b])


def _joint(
    names: Sequence[str], yes: Sequence[dict[str, int]], no: Sequence[dict[str, int]]
) -> Iterator[Condition]:
    """Two simple conditions at once: "p = 1 and q = 1"."""
    true = [c for c in _single(names, yes, no) if all(c.test(r) for r in yes)]
    for a, b in itertools.combinations(true, 2):
        yield Condition(
            f"{a.text} and {b.text}", a.cost + b.cost + 0.2, lambda r, a=a, b=b: a.test(r) and b.test(r)
        )


def _telling_points(
    case: Case, found: Sequence[Condition], wrong: Sequence[Sample], right: Sequence[Sample], round_: int
) -> list[Sample]:
    """New points: just outside of where it is wrong, where the conditions disagree, and on both sides of
    the simplest.
    """
    names = case.claim.formula.shapes.names
    if not names:
        return []
    rng = np.random.default_rng([case.seed, 99, round_])
    seen = {tuple(s.sizes.values()) for s in [*wrong, *right]}
    edges = list(_just_outside(names, wrong))
    pool: list[dict[str, int]] = [*edges]
    for base in [*wrong[:3], *right[:2]]:  # near what is known: one size changed
        for name in names:
            pool += [{**base.sizes, name: v} for v in range(1, _LARGEST)]
            pool += [{**base.sizes, name: base.sizes[other]} for other in names]
        pool += [{n: size + 1 for n, size in base.sizes.items()}]  # at the same distance of each other
    pool += [{n: int(rng.integers(1, 10)) for n in names} for _ in range(60)]
    allowed = []
    for sizes in pool:
        key = tuple(sizes.values())
        if key not in seen and case.claim.formula.allows(sizes) and _is_cheap(sizes):
            seen.add(key)
            allowed.append(sizes)
    if not allowed:
        return []
    chosen: list[dict[str, int]] = []
    best = found[:6]
    votes = [tuple(_holds(c, s) for c in best) for s in allowed]
    split = [s for s, v in zip(allowed, votes, strict=True) if len(set(v)) > 1]
    inside = [s for s, v in zip(allowed, votes, strict=True) if v[0]]
    outside = [s for s, v in zip(allowed, votes, strict=True) if not v[0]]
    beside = [s for s in allowed if s in edges]
    for group, most in ((beside, 16), (split, 10), (inside, 4), (outside, 4)):
        picks = rng.permutation(len(group))[:most]
        chosen += [group[int(i)] for i in picks]
    return case.at_sizes(chosen[:_MOST_BROUGHT])


def _just_outside(names: Sequence[str], wrong: Sequence[Sample]) -> Iterator[dict[str, int]]:
    """The smallest and the largest size at which it is wrong, one less and one or two more: "b = 11" is not
    said of what is wrong from 9 on.
    """
    for name in names:
        rows = [s.sizes for s in wrong]
        for base in (min(rows, key=lambda r: r[name]), max(rows, key=lambda r: r[name])):
            for step in (-1, 1, 2):
                if base[name] + step >= 1:
                    yield {**base, name: base[name] + step}


def _holds(condition: Condition, sizes: dict[str, int]) -> bool | None:
    try:
        return condition.test(sizes)
    except KeyError:
        return None
