"""One name for every layer, argument and intermediate array of a chain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gradcheck.chains.layers import Layer
from gradcheck.errors import UsageError
from gradcheck.formulas.sizes.shapes import ShapeLike, parse_shape
from gradcheck.formulas.suggestions import did_you_mean

__all__ = ["Names", "listed", "name_all"]


@dataclass(frozen=True)
class Names:
    """``layers``: one per layer. ``shapes``: the whole's arguments, in order. ``own``: for each layer, the
    whole's names of its own arguments, in order. ``between``: what goes into the second layer, the third,
    and so on.
    """

    layers: tuple[str, ...]
    shapes: dict[str, ShapeLike]
    own: tuple[tuple[str, ...], ...]
    between: tuple[str, ...]


def name_all(layers: Sequence[Layer], shared: Sequence[str]) -> Names:
    """Names that are unique: `W` of two layers becomes `W1` and `W2`, unless it is ``shared``.

    Raises `UsageError` where that gives a name that is there already, and where a shared argument is
    declared with two shapes or is in no layer.
    """
    names = [layer.name or _name_of(layer) for layer in layers]
    first = layers[0].input
    count = Counter(a for layer in layers for a in layer.own if a not in shared)
    _check_shared(layers, shared)
    shapes: dict[str, ShapeLike] = {first: layers[0].shapes[first]}
    own: list[tuple[str, ...]] = []
    met: Counter[str] = Counter()
    for layer in layers:
        mine = []
        for argument in layer.own:
            met[argument] += 1
            name = argument
            if argument not in shared and count[argument] > 1:
                name = f"{argument}{met[argument]}"
            if name in shapes and argument not in shared:
                raise UsageError(
                    f"chain: two arguments would be called {name!r}. Give the arguments in the layers' "
                    "shapes names of their own; the names that the functions use do not matter."
                )
            shapes.setdefault(name, layer.shapes[argument])
            mine.append(name)
        own.append(tuple(mine))
    between: list[str] = []
    for position, layer in enumerate(layers[1:], 2):
        taken = {*shapes, *between}
        between.append(layer.input if layer.input not in taken else f"{layer.input}_{position}")
    return Names(_numbered(names), shapes, tuple(own), tuple(between))


def _name_of(layer: Layer) -> str:
    name = str(getattr(layer.forward, "__name__", ""))
    return name if name.isidentifier() else "layer"


def _numbered(names: Sequence[str]) -> tuple[str, ...]:
    count, met = Counter(names), Counter[str]()
    result = []
    for name in names:
        met[name] += 1
        result.append(f"{name}{met[name]}" if count[name] > 1 else name)
    return tuple(result)


def _check_shared(layers: Sequence[Layer], shared: Sequence[str]) -> None:
    if isinstance(shared, str):
        raise UsageError(f"chain: shared is {shared!r}; expected a tuple of names, as in ({shared!r},).")
    known = dict.fromkeys(a for k, layer in enumerate(layers) for a in (layer.own if k else layer.arguments))
    for name in shared:
        if name not in known:
            raise UsageError(
                f"chain: shared names {name!r}, which no layer has; there are {', '.join(known)}."
                f"{did_you_mean(name, known)}"
            )
        declared = [
            (k, layer.shapes[name])
            for k, layer in enumerate(layers, 1)
            if name in (layer.own if k > 1 else layer.arguments)
        ]
        (k, one), *others = declared
        for l, other in others:
            if parse_shape(one) != parse_shape(other):
                raise UsageError(
                    f"chain: {name!r} is shared, but layer {k} declares it as {one!r} and layer {l} as "
                    f"{other!r}."
                )


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else list(words))
