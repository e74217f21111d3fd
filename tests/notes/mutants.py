"""Right claims with one thing changed, and a judge of its own: differences of the left side's numbers."""

import warnings
from dataclasses import replace

import numpy as np

from gradcheck.notes.arrays.evaluating import Evaluation
from gradcheck.notes.arrays.terms import Index
from gradcheck.notes.claims import sort
from gradcheck.notes.convention import rows_of
from gradcheck.notes.grammar.latex import latex
from gradcheck.notes.judging.corrections import edits
from gradcheck.notes.judging.readings import Readings
from gradcheck.notes.judging.screening import draw, sizes_of
from tests.notes.corpus import claims

EACH = 12
"""Mutants of one claim, spread over all its changes."""


def mutants():
    """`(id, outcome, mutated right side, outcome of the mutant)` of every right claim that is read."""
    for claim in claims():
        if claim.truth != "right":
            continue
        pieces, context = sort(claim.formulas(), claim.declarations())
        last = len(claim.definitions) + 1
        readings = Readings(context, rows=rows_of(context, context.declarations))
        for piece in pieces:
            if piece.formula.line != last or piece.reason is not None or len(piece.sides) != 2:
                continue
            right = next((o for o in readings.outcomes(piece) if o.state == "right"), None)
            if right is None:
                continue
            sizes = sorted(s for s in context.sizes if s.isalpha() and len(s) == 1)
            letters = sorted(dict(right.comparison.letters))
            changed = [c for c in edits(piece.sides[1], sizes, letters, readings) if c != piece.sides[1]]
            for node in changed[:: max(1, len(changed) // EACH)][:EACH]:
                mutant = replace(piece, sides=[piece.sides[0], node], latex=["", ""])
                yield claim.id, right, latex(node), readings.outcome(mutant, right.options)


def differs(comparison):
    """Whether the right side differs from a central difference of the left side's body; None: not told. At
    sizes where `2 / d` is 1 a factor of it says nothing, so there are two sets of sizes.
    """
    if comparison.target is None:
        return None
    return any(_differs(comparison, of) for of in (1, 2))


def _differs(comparison, which):
    target, graph = comparison.target, comparison.graph
    leaves = graph.leaves(target.body, comparison.right)
    rng = np.random.default_rng(7)
    sizes = sizes_of(graph, leaves, comparison.axes, which)
    arrays = {n: draw(graph.arrays[n], sizes, rng, None, positive=True) for n in leaves}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        stated = Evaluation(graph, arrays)
        stated.sizes.update(sizes)
        right = np.broadcast_to(
            stated.array(comparison.right, comparison.axes), [stated.size(i) for i in comparison.axes]
        )
        truth = _differences(graph, target, arrays, sizes, comparison.axes)
        if comparison.mask is not None:
            mask = stated.array(comparison.mask, comparison.axes)
            right, truth = right * mask, truth * mask
    return bool(np.max(np.abs(right - truth)) > 1e-5 * max(1.0, float(np.max(np.abs(truth)))))


def _differences(graph, target, arrays, sizes, axes):
    base = Evaluation(graph, arrays)
    base.sizes.update(sizes)
    own = np.array(base._named(target.array), dtype=float)
    shape = [base.size(i) for i in axes]
    out = np.zeros(shape)
    for at in np.ndindex(*shape):
        place = dict(zip(axes, at, strict=True))
        where = tuple(place[p] if isinstance(p, Index) else p for p in target.places)
        slope = 0.0
        for sign in (1, -1):
            moved = own.copy()
            moved[where] += sign * 1e-6
            evaluation = Evaluation(graph, {**arrays, target.array: moved})
            evaluation.sizes.update(sizes)
            value = np.asarray(evaluation.array(target.body, target.axes))
            slope += sign * value[tuple(place[i] for i in target.axes)] / 2e-6
        out[at] = slope
    return out
