"""A backend's derivative for all shapes (JAX's), run on the same symbols: a second opinion on ours.

Equal normal forms mean that two programs, which know nothing of each other, differentiate to the same for
all shapes and values. Different ones mean little, for equal functions can have different forms: then both
are evaluated in ball arithmetic at small shapes, and only numbers that differ are a contradiction.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from gradcheck.arithmetic import WIDENED, enclose, precision, wrap
from gradcheck.arithmetic.precisions import BITS
from gradcheck.backend import GeneralDerivative
from gradcheck.errors import Unsupported
from gradcheck.formulas.kinds import Vjp
from gradcheck.proofs.branches import Branch
from gradcheck.proofs.indexed import Expr, Question, axis_codes, vanishes
from gradcheck.proofs.indexed.algebra.evaluation import BALL_RULES, Numbers
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.space import Uses
from gradcheck.proofs.indexed.arrays.converting import as_array
from gradcheck.proofs.indexed.arrays.size import polynomial_of
from gradcheck.proofs.memory import Memory
from gradcheck.proofs.second_opinion import Opinion, small_shapes
from gradcheck.proofs.truth import Truth

__all__ = ["general_opinion"]

_MOST_ENTRIES = 400
_TRIES = 4
"""Points at one tuple of sizes, where the first ones have no value or meet a tie."""


def general_opinion(memory: Memory, theirs: GeneralDerivative, *, seed: int = 0) -> Opinion:
    """Compare every gradient of the formula, off kinks and ties.

    Raises `Unsupported` where its forward does not run on symbols. What their code does never raises.
    """
    name = theirs.source
    truth = memory.truth(Branch())
    try:
        different, asked = _different(truth, theirs)
        if different and any(type(s) is int and s > 1 for a in truth.arguments.arrays for s in a.shape):
            different, asked = _different(memory.truth(Branch(), expand=True), theirs)
    except Exception as error:  # as a candidate's: whatever it is, there is no opinion then
        return Opinion(f"{name}'s derivative does not run on symbols: {_words(error)}")
    if not different:
        case = ", ".join(question.words(answer) for question, answer in asked.items())
        where = f", in the general case ({case})" if asked else ""
        text = f"{name}'s derivative, traced for all shapes, has the same normal form in every argument"
        return Opinion(f"{text} ({', '.join(_names(truth))}){where}", agrees=True)
    form = f"{name}'s normal form by {', '.join(different)} is another one"
    tried: list[str] = []
    rng = np.random.default_rng(seed)
    for sizes in small_shapes(truth, _MOST_ENTRIES, asked):
        words = ", ".join(f"{n} = {s}" for n, s in sizes.items()) or "the only sizes"
        try:
            wrong = _apart(truth, theirs, sizes, rng)
        except Unsupported:
            continue
        if wrong is not None:
            return Opinion(f"{name}'s derivative by {wrong} is another one at {words}", wrong=True)
        tried.append(words)
    if not tried:
        return Opinion(f"{form}, and no small shape could be evaluated")
    return Opinion(f"{form}, with the same values at {' and at '.join(tried)}")


def _words(error: Exception) -> str:
    text = (str(error).strip().splitlines() or [""])[0]
    return text if isinstance(error, Unsupported) else f"{type(error).__name__}: {text}"


def _real(truth: Truth) -> list[int]:
    return [k for k, is_real in enumerate(truth.arguments.real) if is_real]


def _names(truth: Truth) -> list[str]:
    return [truth.formula.shapes.arguments[k] for k in _real(truth)]


def _different(truth: Truth, theirs: GeneralDerivative) -> tuple[list[str], dict[Question, bool]]:
    """The arguments by which the normal forms differ, and what was asked about sizes on the way."""
    space = truth.space
    real = _real(truth)
    truth.prepare(Vjp(), lambda: [truth.gradient(k) for k in real])
    space.uses = Uses()
    space.questions.asked = {}
    space.off_ties = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = theirs.gradients(truth.arguments.sizes, truth.arguments.arrays, truth.deltas)
            names = dict(zip(real, _names(truth), strict=True))
            different = [names[k] for k in real if not vanishes(_gap(truth, k, found[k]))]
    finally:
        space.off_ties = False
    return different, truth.asked | space.questions.asked


def _gap(truth: Truth, position: int, gradient: Any) -> Expr:
    """Their gradient minus ours, at the target entry. Raises `Unsupported` for another shape."""
    space = truth.space
    array = as_array(space, gradient)
    shape = truth.arguments.arrays[position].shape
    if [polynomial_of(s) for s in array.shape] != [polynomial_of(s) for s in shape]:
        raise Unsupported(f"its gradient has the shape {array.shape}, not {shape}")
    codes = truth.codes("target", shape)
    names = {a: c for a, c in zip(axis_codes(space, array.shape), codes, strict=True) if not is_constant(a)}
    return array.entry.renamed(names) - truth.gradient(position)


def _apart(
    truth: Truth, theirs: GeneralDerivative, sizes: dict[str, int], rng: np.random.Generator
) -> str | None:
    """The first argument by which the values differ at random points of these sizes: balls that exclude
    each other, with every constant of their code widened by its rounding. Raises `Unsupported` where no
    point has a value.
    """
    refusal: Unsupported | None = None
    for attempt in range(_TRIES):
        args, deltas = _point(truth, sizes, rng, positive=attempt % 2 == 1)
        try:
            with precision(BITS), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return _differs(truth, theirs, sizes, args, deltas)
        except Unsupported as error:
            refusal = error
        except Exception as error:
            refusal = Unsupported(_words(error))
    assert refusal is not None
    raise refusal


def _point(
    truth: Truth, sizes: dict[str, int], rng: np.random.Generator, *, positive: bool
) -> tuple[list[Any], list[Any]]:
    """Random arguments and deltas; where the declared values, or ``positive``, want it, from 0 to 1."""
    counted = Numbers(truth.space, sizes, {}, BALL_RULES)
    args = []
    formula = truth.formula
    for k, name in enumerate(formula.shapes.arguments):
        head = truth.space.heads[truth.arguments.heads[k]]
        shape = tuple(counted.size(s) for s in head.slots)
        fixed = formula.values.get(name)
        if isinstance(fixed, np.ndarray):
            args.append(fixed)
        elif not truth.arguments.real[k]:
            args.append(rng.integers(0, 2, shape))
        else:
            args.append(
                rng.uniform(0.05, 0.95, shape) if positive or head.positive else rng.normal(size=shape)
            )
    shapes = [tuple(counted.size(truth.space.size_number(s)) for s in o.shape) for o in truth.outputs]
    return args, [rng.normal(size=shape) for shape in shapes]


def _differs(
    truth: Truth, theirs: GeneralDerivative, sizes: dict[str, int], args: list[Any], deltas: list[Any]
) -> str | None:
    real = _real(truth)
    given = [wrap(enclose(np.asarray(a, float)), WIDENED) if k in real else a for k, a in enumerate(args)]
    found = theirs.gradients(sizes, given, [wrap(enclose(np.asarray(d)), WIDENED) for d in deltas])
    heads = dict(zip(truth.arguments.heads, args, strict=True))
    heads |= dict(zip(truth.delta_heads, deltas, strict=True))
    values = {head: enclose(np.asarray(array, float)) for head, array in heads.items()}
    numbers = Numbers(truth.space, sizes, values, BALL_RULES)
    for k, name in zip(real, _names(truth), strict=True):
        ours = numbers.at(truth.gradient(k), truth.codes("target", truth.arguments.arrays[k].shape))
        balls = found[k].data if hasattr(found[k], "data") else WIDENED.lift_array(np.asarray(found[k]))
        for x, y in zip(ours.reshape(-1), np.asarray(balls).reshape(-1), strict=True):
            if not x.is_finite() or not y.is_finite():
                raise Unsupported("not finite")
            if not x.overlaps(y):
                return name
    return None
