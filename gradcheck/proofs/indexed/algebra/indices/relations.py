"""How indices of different axes hang together: which of them are neighbours, and which stand before others.

A relation is a factor that is 1 where it holds and 0 elsewhere, as a Kronecker delta is:

- ``place``: `j = i + offset`, an axis i as a part of a longer one j;
- ``mirror``: `i + j = n - 1`, and ``turn``: `j = i + offset` modulo n, on one axis;
- ``add``: `k = i + j`, an entry j of the window at i;
- ``order``: `i <= j`, on one axis;
- ``label``: the whole number in an argument's entry is the index.

``position`` is the index itself as a number. The rules that products of them follow are in `settling`.
"""

from __future__ import annotations

from gradcheck.proofs.indexed.algebra.polynomials import Polynomial
from gradcheck.proofs.indexed.algebra.space import Space

__all__ = ["relation"]


def relation(
    space: Space, kind: str, sizes: tuple[int, ...], offset: Polynomial = ()
) -> tuple[int, bool] | None:
    """The head's number between axes of these sizes (by number), and whether its first two indices
    change places; None where it is a Kronecker delta.
    """
    if kind in ("place", "turn") and not offset and sizes[0] == sizes[1]:
        return None
    turned = kind == "turn" and max(offset)[1] < 0
    if kind == "add" and sizes[0] > sizes[1]:
        turned, sizes = True, (sizes[1], sizes[0], sizes[2])
    elif turned:
        offset = tuple((names, -times) for names, times in offset)
    about = {"slots": sizes, "offset": offset, "symmetries": _symmetries(kind, sizes)}
    head = space.head((kind, sizes, offset), kind, kind, binary=True, **about)
    space.relations.add(head.number)
    return head.number, turned


def _symmetries(kind: str, sizes: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    if kind == "mirror":
        return ((1, 0),)
    return ((1, 0, 2),) if kind == "add" and sizes[0] == sizes[1] else ()
