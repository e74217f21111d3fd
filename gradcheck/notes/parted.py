"""Claims that were not read among all formulas, each beside those that it rests on alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gradcheck.notes.claims import sort
from gradcheck.notes.convention import convention_of
from gradcheck.notes.grammar.syntax import Derivative, Name
from gradcheck.notes.judging.readings import is_zero
from gradcheck.notes.records import ClaimRecord
from gradcheck.notes.statements.context import Context, key_of
from gradcheck.notes.statements.declarations import Declarations
from gradcheck.notes.statements.pieces import Formula, Piece
from gradcheck.notes.statements.sections import declarations_for
from gradcheck.notes.statements.slices import is_about_derivatives, slices
from gradcheck.notes.symbols.guessing import guesses
from gradcheck.notes.symbols.usual import loss_of, spaces_of, usual_layers
from gradcheck.notes.understood import (
    Place,
    Reading,
    agreed,
    conforming,
    is_claim,
    places_in,
)
from gradcheck.notes.verdicts.evidence import completed
from gradcheck.notes.verdicts.links import term_by_term, without_placeholders

__all__ = ["Parted"]

MOST_SLICES = 40
"""How often claims of one note are read beside a part of it."""


@dataclass(slots=True)
class Parted:
    """Claims that were not read among all formulas, each beside those that it rests on alone."""

    file: str
    formulas: Sequence[Formula]
    declarations: Declarations
    parts: list[list[Reading]]
    context: Context
    known: dict[frozenset[int], dict[str, int]] = field(default_factory=dict)

    def read(
        self, places: list[tuple[Place, Piece]], said: dict[Place, ClaimRecord], pieces: list[Piece]
    ) -> dict[Place, ClaimRecord]:
        """What is right there; nothing is called wrong beside less than all of the note."""
        better: dict[Place, ClaimRecord] = {}
        unread = {id(p) for k, p in places if said[k].verdict == "not-read"}
        tried: dict[tuple[str, ...], ClaimRecord | None] = {}
        left = MOST_SLICES
        for place, piece in places:
            if said[place].verdict != "not-read" or piece.reason is not None or not is_claim(piece):
                continue
            if is_zero(piece.sides[-1]):
                continue  # what does not depend on something beside a part may do so beside all
            short = without_placeholders(piece)
            where = place if short is piece else (0, 0, 0)
            for own in slices(short, pieces, unread) if is_about_derivatives(piece) else ():
                key = (*(f.text for f in own), piece.text)
                if key not in tried:
                    left -= 1
                    tried[key] = self.beside(short, own, where) if left >= 0 else None
                record = tried[key]
                if record is not None and record.verdict in {"right", "right-if"}:
                    line, column = piece.formula.place(piece.offset)
                    better[place] = completed(record, line=line, column=column, latex=piece.text)
                    break
            if place not in better and any(
                term_by_term(piece, p.sides[1]) for p in pieces if _sums_up(p, piece)
            ):
                better[place] = completed(said[place], verdict="right", reason=None)
            if place not in better:
                better |= self.in_usual_layers(place, piece, pieces)
        return better

    def in_usual_layers(self, place: Place, piece: Piece, pieces: list[Piece]) -> dict[Place, ClaimRecord]:
        """Right if the layers are those that everyone means, which is said."""
        defined = {key_of(d.name) for d in self.context.definitions if not d.derived}
        texts = usual_layers(piece, defined, loss_of(pieces))
        own = [Formula(text, 1, 1) for text in (*spaces_of(texts), *texts)]
        record = self.beside(piece, [*own, piece.formula], place) if own else None
        if record is None or record.verdict not in {"right", "right-if"}:
            return {}
        condition = ", ".join([*texts, *([record.condition] if record.condition else [])])
        return {place: completed(record, verdict="right-if", condition=condition)}

    def beside(self, piece: Piece, own: list[Formula], place: Place) -> ClaimRecord | None:
        scope = piece.formula.scope
        formulas = [replace(f, scope=scope) for f in own]
        shapes = [d for d in self.declarations.shapes if not d.prose or d.scope < scope]
        pieces, context = sort(formulas, replace(self.declarations, shapes=shapes, problems=[]))
        for key, count in self.entries().items():
            context.used.setdefault((scope, key), set()).add(count)
        alone = len(own) == 1 and any(p.definition is not None for p in pieces)
        known = {} if alone else self.ranks(frozenset({scope, *(f.scope for f in own)}))
        readings = [
            Reading.of(self.file, pieces, context, g)
            for g in conforming(pieces, context)
            if all(_likely(key, rank, known) for key, rank in g.ranks)
        ]
        if not readings:
            return None
        wanted = (id(formulas[-1]), *place[1:])
        records = []
        for reading in readings:
            found = [f for part in self.parts for f in part[0].found]
            convention = convention_of([*found, *reading.found], self.declarations)
            own_place = [one for where, one in places_in(reading.found) if where == wanted]
            records += [reading.verdicts(convention).once(one) for one in own_place]
        return agreed(records) if len(records) == len(readings) else None

    def entries(self) -> dict[str, int]:
        """With how many indices the note writes a symbol, where it is always the same number."""
        counts: dict[str, set[int]] = {}
        for (_, key), found in self.context.used.items():
            counts.setdefault(key, set()).update(found - {0})
        return {k: c.pop() for k, c in counts.items() if len(c) == 1 and k not in self.context.stepped}

    def ranks(self, scopes: frozenset[int]) -> dict[str, int]:
        """What the symbols are taken for in the sections that a claim rests on."""
        if scopes not in self.known:
            own = [f for f in self.formulas if f.scope in scopes]
            pieces, context = sort(own, declarations_for(scopes, self.declarations))
            self.known[scopes] = dict(guesses(context, pieces)[0].ranks)
        return self.known[scopes]


def _sums_up(definition: Piece, claim: Piece) -> bool:
    """Whether a statement defines what a claim differentiates, the symbol itself, as a sum of its parts."""
    left = claim.sides[0]
    own = left.body if isinstance(left, Derivative) else None
    head = definition.sides[0] if len(definition.sides) == 2 else None
    return isinstance(own, Name) and isinstance(head, Name) and key_of(own) == key_of(head) and not head.sub


def _likely(key: str, rank: int, known: dict[str, int]) -> bool:
    """Whether a guess is that of the whole note; a capital letter that it did not guess is no number."""
    return known[key] == rank if key in known else not (rank == 0 and len(key) == 1 and key.isupper())
