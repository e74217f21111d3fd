"""The part of a note that a claim rests on: definitions between what is differentiated and by what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcheck.notes.grammar.latex import latex
from gradcheck.notes.grammar.syntax import Apply, Derivative, Differential, Nabla, Name, Node
from gradcheck.notes.statements.context import LAYERS, LOSSES, key_of, nodes
from gradcheck.notes.statements.pieces import Formula, Piece

__all__ = ["is_about_derivatives", "slices"]


def slices(piece: Piece, pieces: Sequence[Piece], unread: set[int]) -> Iterator[list[Formula]]:
    """Formulas in the order of the note, the fewest first; the last one of each is the claim's own.

    First what lies between what is differentiated and by what. What does not depend on the latter may be
    anything, so that nothing is lost without its definition. Then everything that the claim names.
    ``unread`` are the ids of definitions to which others are preferred.
    """
    own = _Definitions(piece, pieces, unread)
    tops, bys = _differentiated(piece)
    if any(p.formula is piece.formula and _heads(p) & tops for p in pieces):
        yield [piece.formula]  # f(x) = 1/x, df/dx = -1/x^2 side by side: nothing else is meant
    named = _names(tuple(piece.sides))
    below = own.below(named)
    through = own.leading_to(bys)
    undefined = [t for t in tops if t not in own.of]
    between = (through if undefined or not tops else through & own.below(tops)) | own.derived(named)
    direct = (through & own.below(tops, frozenset(bys))) | own.derived(named)
    seen: set[frozenset[int]] = set()
    for keys in (
        *([direct] if tops and not undefined else []),
        between,
        between | (below & own.derived(named)),
        below | between,
    ):
        found = own.formulas(keys)
        key = frozenset(id(f) for f in found)
        if key not in seen:
            seen.add(key)
            yield [*found, piece.formula]


def is_about_derivatives(piece: Piece) -> bool:
    """Whether a statement holds a derivative, a gradient or a derivative's name."""
    return any(
        isinstance(n, Derivative | Nabla | Differential)
        or (isinstance(n, Name) and (n.primes or n.base == "\\delta"))
        for n in nodes(tuple(piece.sides))
    )


class _Definitions:
    """Of each symbol, or of one of its layers, the definition that is nearest before a claim, else after it.

    One that writes entries comes first where the claim does, one of whole arrays where it does not.
    """

    def __init__(self, piece: Piece, pieces: Sequence[Piece], unread: set[int]) -> None:
        at = (piece.formula.line, piece.formula.column)
        place = next(
            (k for k, p in enumerate(pieces) if (p.formula.line, p.formula.column) == at), len(pieces)
        )
        self.pieces = pieces
        self.own = piece
        self.of: dict[str, list[Piece]] = {}
        written = [n for n in nodes(tuple(piece.sides)) if isinstance(n, Name)]
        entries = any(n.sub for n in written)
        every = (*reversed(pieces[:place]), *pieces[place + 1 :])
        near = [(name, p) for p in every if (name := _defined(p)) is not None]
        near.sort(
            key=lambda x: (id(x[1]) in unread and x[1].definition is not None, bool(x[0].sub) != entries)
        )
        found: dict[str, dict[str, Piece]] = {}
        for name, p in near:
            found.setdefault(key_of(name), {}).setdefault(_layer(name), p)
        layers = {key: {_layer(n) for n in written if key_of(n) == key} for key in found}
        for key, layered in found.items():
            general = any(x in LAYERS or x.islower() for x in layered if x)
            for layer, p in layered.items():
                if not general or layer in layers[key] or (layer and not layer[0].isdigit()):
                    self.of.setdefault(key, []).append(p)

    def below(self, keys: set[str], end: frozenset[str] = frozenset()) -> set[str]:
        """The defined symbols on which others rest, as far as those at the ``end``."""
        found: set[str] = set()
        stack = [k for k in keys if k in self.of]
        while stack:
            key = stack.pop()
            if key not in found | end:
                found.add(key)
                stack += [k for k in self.names(key) if k in self.of]
        return found

    def names(self, key: str) -> set[str]:
        return {n for p in self.of[key] for n in _names(tuple(p.sides[1:]))}

    def leading_to(self, bys: set[str]) -> set[str]:
        """The defined symbols that rest on one of ``bys``."""
        found: set[str] = set()
        grown = True
        while grown:
            more = {k for k in self.of if k not in found and self.names(k) & (bys | found)}
            found |= more
            grown = bool(more)
        return found

    def derived(self, named: set[str]) -> set[str]:
        """Names for derivatives and functions, which a claim cannot do without."""
        every = [(k, p.definition) for k in named & self.of.keys() for p in self.of[k]]
        return {k for k, d in every if d is not None and (d.derived or d.parameters)}

    def formulas(self, keys: set[str]) -> list[Formula]:
        wanted = {id(p.formula) for k in keys & self.of.keys() for p in self.of[k]}
        wanted -= {id(self.own.formula)}
        found: dict[int, Formula] = {}
        for p in self.pieces:
            if id(p.formula) in wanted:
                found.setdefault(id(p.formula), p.formula)
        return list(found.values())


def _defined(piece: Piece) -> Name | None:
    """What a statement defines, be it for the second time: tables and examples give one letter to many."""
    if piece.definition is not None and piece.sides:
        return piece.definition.name
    again = len(piece.sides) == 2 and piece.reason is None and not is_about_derivatives(piece)
    return piece.sides[0] if again and isinstance(piece.sides[0], Name) else None


def _heads(piece: Piece) -> set[str]:
    """The symbol or function that a statement is about, where it may define it."""
    head = piece.sides[0] if len(piece.sides) > 1 and not is_about_derivatives(piece) else None
    head = head.function if isinstance(head, Apply) else head
    return {key_of(head)} if isinstance(head, Name) else set()


def _layer(name: Name) -> str:
    """Which layers a definition is about: any, the last, a numbered one, or none."""
    if not name.sup:
        return ""
    letters = [n.base for n in nodes(name.sup) if isinstance(n, Name)]
    return letters[0] if letters else latex(name.sup[0])


def _differentiated(piece: Piece) -> tuple[set[str], set[str]]:
    """What the derivatives of a claim are of, and what they are by."""
    tops: set[str] = set()
    bys: set[str] = set()
    for n in nodes(tuple(piece.sides)):
        match n:
            case Derivative(body, by, _, _):
                tops |= _names((body,))
                bys |= _names(by)
            case Nabla(body, by, _, _):
                tops |= _names((body,))
                bys |= _names((by,)) if by is not None else _names((body,))
            case Differential(of):
                bys |= _names((of,))
                tops |= LOSSES
            case Name(base="\\delta"):
                tops |= LOSSES
    return tops, bys


def _names(found: tuple[Node, ...]) -> set[str]:
    return {key_of(n) for n in nodes(found) if isinstance(n, Name)}
