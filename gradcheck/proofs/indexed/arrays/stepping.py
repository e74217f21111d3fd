"""What a loop over a symbolic size makes of an array, from one step that starts from unknown entries.

By induction over the steps. Let a step turn an entry U into `M U + G`, where neither M nor G depends on any
entry that the loop changes:

- `M = 1`: each step adds, and after all of them the entry is its first value and the sum of G over the index;
- `M` is 0 where a step stores and 1 elsewhere, no two steps store to one place, and `G` is 0 where none does:
  the entry is that which was stored, or its first value.

All else, such as steps that need the one before, is refused.
"""

from __future__ import annotations

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import Expr, constant, delta
from gradcheck.proofs.indexed.algebra.reduction import reduced, vanishes
from gradcheck.proofs.indexed.algebra.space import Space

__all__ = ["after_all_steps"]


def after_all_steps(
    space: Space, step: Expr, first: Expr, own: tuple[int, tuple[int, ...]], unknown: set[int], index: int
) -> Expr:
    """The entry after the loop. ``step`` is that after one step from ``own``, the head and indices of the
    entry before it; ``first`` that before the loop; ``unknown`` are the heads of all entries that the loop
    changes. Raises `Unsupported`.
    """
    kept, gained = _taken_apart(space, reduced(step), own, unknown)
    one = constant(space, 1)
    if kept.terms == one.terms:
        return first + gained.summed(index)
    if not kept.terms:
        if index in gained.free:
            raise space.refused(Unsupported("a value that the last step of a loop leaves"))
        return gained
    stored = one - kept
    if not vanishes(stored * stored - stored):
        raise space.refused(Unsupported("a loop in which a step needs what another one made"))
    other = space.fresh(space.size_of(index))
    elsewhere = stored.renamed({index: other})
    both = stored * elsewhere
    once = vanishes(both - both * delta(space, index, other))
    if not (once and vanishes(gained * kept)):
        raise space.refused(Unsupported("a loop whose steps store to one place more than once"))
    return gained.summed(index) + (one - stored.summed(index)) * first


def _taken_apart(
    space: Space, step: Expr, own: tuple[int, tuple[int, ...]], unknown: set[int]
) -> tuple[Expr, Expr]:
    """M and G."""
    kept, gained = Expr(space, {}), Expr(space, {})
    for (factors, bounds), coefficient in step.terms.items():
        found = [f for f in factors if f[0] in unknown]
        if not found:
            gained = gained + Expr(space, {(factors, bounds): coefficient})
            continue
        if len(found) > 1 or bounds or (found[0][0], found[0][1]) != own or found[0][2] != 1:
            raise space.refused(Unsupported("a loop in which a step needs what another one made"))
        rest = tuple(f for f in factors if f is not found[0])
        kept = kept + Expr(space, {(rest, bounds): coefficient})
    return kept, gained
