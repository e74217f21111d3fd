"""Wrong ways to put the backwards of a chain's layers together, with a sentence for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gradcheck.formulas.quantity import gradient

if TYPE_CHECKING:
    from gradcheck.chains.net import Net

__all__ = ["Step", "Wiring", "straight", "wrong_ways"]


@dataclass(frozen=True)
class Step:
    """One call of a layer's backward. Layers, and the inputs of layers, count from 0; the number of layers
    stands for the chain's output.

    ``at`` says whose input it is taken at, ``own`` whose own arguments it is given; ``passes`` is False
    where the delta goes by it. Its own gradients are made with the delta that belongs to the input of layer
    ``from_``; None for the one that comes by.
    """

    layer: int
    at: int
    own: int
    passes: bool = True
    from_: int | None = None


@dataclass(frozen=True)
class Wiring:
    """A way to put them together: the steps in their order. ``text`` says what is wrong with it.

    ``ones``: delta is taken for ones. ``exchanged``: positions of two gradients that are returned in each
    other's place.
    """

    text: str
    steps: tuple[Step, ...]
    ones: bool = False
    exchanged: tuple[int, int] | None = None


def straight(chain: Net) -> tuple[Step, ...]:
    """The right way: from the last layer to the first."""
    return tuple(Step(l, l, l) for l in reversed(range(len(chain.layers))))


def wrong_ways(chain: Net) -> Iterator[Wiring]:
    """Every wrong way that is tried, the plainest first."""
    right, names, arguments = straight(chain), chain.layer_names, chain.shapes.arguments
    for l, name in enumerate(names):
        yield Wiring(f"the backward of {name} is left out", _changed(right, l, passes=False))
    yield Wiring("delta is not used: the backward begins with ones", right, ones=True)
    for l in range(len(names) - 1):
        order = list(right)
        i = len(right) - 2 - l  # the step of layer l + 1, which has to come first
        order[i], order[i + 1] = order[i + 1], order[i]
        first, then = names[l], names[l + 1]
        yield Wiring(
            f"delta goes through {first} before {then}; it must go through {then} first", tuple(order)
        )
    if len(names) > 2:
        yield Wiring(
            "delta goes through the layers from first to last; it must begin at the last", right[::-1]
        )
    for l in range(len(names)):
        yield from _elsewhere(chain, right, l)
        yield from _others(chain, right, l)
        yield from _other_deltas(chain, right, l)
    for i, one in enumerate(arguments):
        for j, other in enumerate(arguments[i + 1 :], i + 1):
            yield Wiring(
                f"{gradient(one)} and {gradient(other)} are returned in each other's place",
                right,
                exchanged=(i, j),
            )


def _elsewhere(chain: Net, right: tuple[Step, ...], l: int) -> Iterator[Wiring]:
    for other in range(len(right) + 1):
        if other != l:
            where = "its own output" if other == l + 1 else _place(chain, other)
            text = f"the backward of {chain.layer_names[l]} is taken at {where} instead of its input"
            yield Wiring(text, _changed(right, l, at=other))


def _others(chain: Net, right: tuple[Step, ...], l: int) -> Iterator[Wiring]:
    for other, theirs in enumerate(chain.own):
        if other != l and theirs and len(theirs) == len(chain.own[l]):
            text = (
                f"the backward of {chain.layer_names[l]} uses {', '.join(theirs)} instead of "
                f"{', '.join(chain.own[l])}"
            )
            yield Wiring(text, _changed(right, l, own=other))


def _other_deltas(chain: Net, right: tuple[Step, ...], l: int) -> Iterator[Wiring]:
    own = [str(gradient(a)) for a in chain.own[l]]
    for other in range(len(right) + 1):
        if own and other != l + 1:
            text = (
                f"{' and '.join(own)} {'is' if len(own) == 1 else 'are'} made with the delta of "
                f"{_name(chain, other)} instead of that of {_name(chain, l + 1)}"
            )
            yield Wiring(text, _changed(right, l, from_=other))


def _changed(right: tuple[Step, ...], l: int, **how: Any) -> tuple[Step, ...]:
    return tuple(replace(step, **how) if step.layer == l else step for step in right)


def _place(chain: Net, l: int) -> str:
    return "the chain's output" if l == len(chain.layers) else f"the input of {chain.layer_names[l]}"


def _name(chain: Net, l: int) -> str:
    """What goes into layer ``l``, by name."""
    if l == len(chain.layers):
        return "the output"
    return chain.between[l - 1] if l else chain.shapes.arguments[0]
