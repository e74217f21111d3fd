"""A chain as a person sees it: the layers from input to output, the first wrong one marked. Reads records."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.records.types import ChainLayer
from gradcheck.report.text import clip, one_line

__all__ = ["drawing"]

_MOST = 400  # letters of one message


def drawing(layers: Sequence[ChainLayer]) -> list[str]:
    """Lines of plain text, one for each layer and one between two."""
    names = [one_line(layer.name) for layer in layers]
    width, digits = max(map(len, names), default=0), len(str(len(names)))
    verdicts = max((len(layer.verdict) for layer in layers), default=0)
    lines = []
    for position, (layer, name) in enumerate(zip(layers, names, strict=True), 1):
        mark = "<-- the first wrong layer" if layer.first_wrong else ""
        message = clip(one_line(layer.message), _MOST) if layer.message else ""
        told = ": ".join(filter(None, (mark, message)))
        verdict = layer.verdict.ljust(verdicts)
        lines.append(f"  {position:>{digits}} [ {name.ljust(width)} ]  {verdict}  {told}".rstrip())
        if position < len(layers):
            lines.append(" " * (digits + 5 + width // 2) + "|")
    return lines
