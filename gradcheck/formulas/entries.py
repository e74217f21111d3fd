"""The little language of entry claims: `"dJ/dA[i,j]"`, `"dz[j]/dW[j,k]"`, `"dJ/dW2[1,1]"`.

An entry claim states one entry of a derivative. The numerator is `J` (the scalar at the end of the
chain, so the candidate gets `delta = dJ/dz`) or any other name, which stands for the formula's
output, whole or indexed. The denominator is an argument, fully indexed. Indices are names, which
run over their axis, or integers counted from 0. A name that occurs twice is one index: the claim
then speaks of those entries only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from gradcheck.errors import UsageError
from gradcheck.formulas.quantity import Quantity, entry

__all__ = ["EntrySpec", "Index", "assignments"]

_FORM = re.compile(
    r"d(?P<top>[A-Za-z_]\w*)(\[(?P<top_index>[^\]]+)\])?\s*/\s*d(?P<bottom>[A-Za-z_]\w*)\[(?P<index>[^\]]*)\]\Z"
)
Index = tuple[int | str, ...]


@dataclass(frozen=True)
class EntrySpec:
    """A parsed entry claim.

    ``output_index`` is None where the output appears whole; then each entry of the claim is an array
    of the output's shape. ``scalar`` says that the numerator is `J`.
    """

    text: str
    argument: str
    argument_index: Index
    output_index: Index | None
    scalar: bool

    @classmethod
    def parse(cls, text: str) -> EntrySpec:
        """Raises `UsageError` where the text is not of the form described above."""
        match = _FORM.match(text.strip())
        if match is None:
            raise UsageError(
                f"entry claim {text!r}: expected a form like 'dJ/dW[i,j]', 'dz/dA[i,j]' or 'dz[j]/dW[j,k]'."
            )
        top, top_index = match["top"], match["top_index"]
        if top == "J" and top_index:
            raise UsageError(f"entry claim {text!r}: J is a scalar and takes no index.")
        return cls(
            text=text.strip(),
            argument=match["bottom"],
            argument_index=_parse_index(match["index"], text),
            output_index=_parse_index(top_index, text) if top_index else None,
            scalar=top == "J",
        )

    @property
    def quantity(self) -> Quantity:
        """What the claim states: it prints itself as it was written."""
        return entry(self.argument, self.text)

    @property
    def free(self) -> tuple[str, ...]:
        """The index names, in order of appearance: the candidate's leading parameters."""
        indices = (self.output_index or ()) + self.argument_index
        return tuple(dict.fromkeys(i for i in indices if isinstance(i, str)))

    def ranges(self, argument_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> dict[str, int]:
        """How far each free index runs. An index on two axes runs over the shorter one.

        Raises `UsageError` where the number of indices does not fit, or a fixed index lies outside.
        """
        ranges: dict[str, int] = {}
        pairs = [(self.argument_index, argument_shape, self.argument)]
        if self.output_index is not None:
            pairs.append((self.output_index, output_shape, "the output"))
        for index, shape, name in pairs:
            if len(index) != len(shape):
                raise UsageError(
                    f"entry claim {self.text!r}: {name} has shape {shape}, so it takes {len(shape)} indices, "
                    f"not {len(index)}."
                )
            for i, size in zip(index, shape, strict=True):
                if isinstance(i, str):
                    ranges[i] = min(ranges.get(i, size), size)
                elif not 0 <= i < size:
                    raise UsageError(
                        f"entry claim {self.text!r}: index {i} lies outside {name} of shape {shape}; "
                        "declare a size that always holds it."
                    )
        return {name: ranges[name] for name in self.free}

    def locate(self, assignment: dict[str, int]) -> tuple[tuple[int, ...] | None, tuple[int, ...]]:
        """The indices into the output (None: whole) and into the argument for one assignment."""

        def put(index: Index) -> tuple[int, ...]:
            return tuple(assignment[i] if isinstance(i, str) else i for i in index)

        output = None if self.output_index is None else put(self.output_index)
        return output, put(self.argument_index)


def assignments(ranges: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """Every value of the free indices, the last one running fastest."""
    for values in product(*(range(n) for n in ranges.values())):
        yield dict(zip(ranges, values, strict=True))


def _parse_index(text: str, whole: str) -> Index:
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    for part in parts:
        if not (part.isidentifier() or part.isdecimal()):
            raise UsageError(
                f"entry claim {whole!r}: the index {part!r} is neither a name nor an integer counted from 0."
            )
    return tuple(int(part) if part.isdecimal() else part for part in parts)
