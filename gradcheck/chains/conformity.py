"""Whether the layers of a chain fit together: found when it is built, in the words of its declarations."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.errors import UsageError
from gradcheck.formulas.calling.user_lines import user_line
from gradcheck.formulas.values import dense
from gradcheck.judging.points.generation import draw_elements
from gradcheck.judging.points.point import draw_arguments
from gradcheck.judging.points.sizes import plan

if TYPE_CHECKING:
    from gradcheck.chains.net import Net

__all__ = ["check_conformity"]


def check_conformity(chain: Net) -> None:
    """Run the layers one after the other at a few sizes and compare shapes. Raises `UsageError`."""
    known = chain.shapes.names
    for k, layer in enumerate(chain.layers):
        shapes = chain.declared(k)
        if unknown := [n for n in shapes.names if n not in known]:
            raise UsageError(
                f"{chain.name}: layer {_called(chain, k)} declares its input {layer.input} as "
                f"{shapes.text(layer.input)!r}, but no argument of the chain tells what {unknown[0]} is; "
                f"write it with {', '.join(known) or 'numbers'}. Dimension names are shared by all layers."
            )
    planned, _ = plan(known, chain.allows)
    if not planned:
        raise UsageError(f"{chain.name}: no sizes from 1 to 13 satisfy the shapes of all layers.")
    # all distinct, all even, all odd: shapes that are equal at these are equal
    for sizes in [planned[0], *planned[-2:]]:
        _run(chain, sizes)


def _run(chain: Net, sizes: Mapping[str, int]) -> None:
    rng = np.random.default_rng(0)
    args = draw_arguments(chain, sizes, rng, draw_elements(chain, dict(sizes), 0), dense)
    value: Any = args[0]
    for k, layer in enumerate(chain.layers):
        if k:
            _compare(chain, k, np.shape(value), sizes)
        own = [args[i].copy() if args[i].ndim else args[i].dtype.type(args[i]) for i in chain.places[k]]
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = layer.forward(np.copy(value) if np.ndim(value) else value, *own)
        except Exception as error:
            raise UsageError(
                f"{chain.name}: layer {_called(chain, k)} does not run at {_words(sizes)}: "
                f"{type(error).__name__}: {error}{user_line(error)}"
            ) from error
        last = k + 1 == len(chain.layers)
        if isinstance(value, tuple | list) and not last:
            raise UsageError(
                f"{chain.name}: layer {_called(chain, k)} gives {len(value)} things, but the next takes one "
                "array. For a forward that returns (output, cache) write "
                "(*gradcheck.with_cache(forward, backward), shapes)."
            )


def _compare(chain: Net, k: int, shape: tuple[int, ...], sizes: Mapping[str, int]) -> None:
    layer, shapes = chain.layers[k], chain.declared(k)
    concrete = shapes.concrete(sizes)
    assert concrete is not None, "Net.allows saw to it"
    if shape != concrete[0]:
        raise UsageError(
            f"{chain.name}: layers {_called(chain, k - 1)} and {_called(chain, k)} do not fit: at "
            f"{_words(sizes)} the output of {chain.layer_names[k - 1]} has the shape {shape}, but "
            f"{chain.layer_names[k]} declares its input {layer.input} as {shapes.text(layer.input)!r}, which "
            f"is {concrete[0]}."
        )


def _called(chain: Net, k: int) -> str:
    return f"{k + 1} ({chain.layer_names[k]})"


def _words(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{n} = {s}" for n, s in sizes.items()) or "its only sizes"
