"""A whole note: its claims read together under one convention, and each one's verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from gradcheck.notes.arrays.values import Mismatch, Slip
from gradcheck.notes.aside import ROUNDS, set_aside
from gradcheck.notes.convention import Found, convention_of, rows_of, stated
from gradcheck.notes.grammar.syntax import Derivative, Name
from gradcheck.notes.judging.corrections import Correction, correction
from gradcheck.notes.judging.readings import Outcome, Readings, is_zero
from gradcheck.notes.reading.reader import Options
from gradcheck.notes.records import VERSION, ClaimRecord, NoteRecord
from gradcheck.notes.statements.claims import sort
from gradcheck.notes.statements.context import Context, key_of
from gradcheck.notes.statements.declarations import Declarations
from gradcheck.notes.statements.guessing import Guess, guesses
from gradcheck.notes.statements.pieces import Formula, Piece
from gradcheck.notes.statements.sections import declarations_for, together
from gradcheck.notes.statements.slices import is_about_derivatives, slices
from gradcheck.notes.statements.telling import all_declared
from gradcheck.notes.statements.usual import loss_of, spaces_of, usual_layers
from gradcheck.notes.verdicts.evidence import Evidence, completed
from gradcheck.notes.verdicts.links import term_by_term, without_placeholders
from gradcheck.notes.verdicts.verdicts import Verdicts

__all__ = ["check_formulas"]

MOST_SLICES = 40
"""How often claims of one note are read beside a part of it."""

MOST_GUESSES = 3
"""Guesses of undeclared symbols under which a note is judged; they must agree."""


def check_formulas(
    file: str, formulas: Sequence[Formula], declarations: Declarations, problems: list[str] | None = None
) -> NoteRecord:
    """Read and judge all formulas of one note."""
    pieces, context = sort(formulas, declarations)
    groups = together(pieces, context) or [frozenset({0})]
    sections = _Sections(file, formulas, declarations)
    parts = [_read(file, pieces, context)] if len(groups) < 2 else [sections.read(g) for g in groups]
    found = [f for part in parts for f in part[0].found]
    said = _agreed(parts, parts)
    for group, part in zip(groups, parts, strict=True):
        for scope in _to_be_read_alone(group, part, said):
            alone = sections.read(frozenset({scope}))
            new = _agreed([alone], parts)
            if any(_better(r, said[k]) for k, r in new.items() if k in said):
                said |= {k: r for k, r in new.items() if k in said and said[k].verdict != "right"}
    parted = _Parted(file, formulas, declarations, parts, context)
    said |= parted.read([(k, p) for k, p in _places_of(pieces) if k in said], said, pieces)
    place = {id(f): k for k, f in enumerate(formulas)}
    records = [r for _, r in sorted(said.items(), key=lambda item: (place[item[0][0]], *item[0][1:]))]
    notes = [*(problems or []), *(text for _, text in declarations.problems)]
    return NoteRecord(VERSION, file, records, stated(found, convention_of(found, declarations)), notes)


Place = tuple[int, int, int]
"""A statement: its formula, where in it it begins, and which of several that begin there it is."""


@dataclass(frozen=True, slots=True)
class _Sections:
    file: str
    formulas: Sequence[Formula]
    declarations: Declarations

    def read(self, group: frozenset[int]) -> list[_Reading]:
        own = [f for f in self.formulas if f.scope in group]
        return _read(self.file, *sort(own, declarations_for(group, self.declarations)))


def _to_be_read_alone(
    group: frozenset[int], part: list[_Reading], said: dict[Place, ClaimRecord]
) -> Iterator[int]:
    """Sections in which something is not right beside others: called wrong, or defined there and not read."""
    defining = {d.scope for d in part[0].readings.context.definitions}
    for scope in sorted(group) if len(group) > 1 else ():
        own = [k for k, f in _places(part[0].found) if f.piece.formula.scope == scope and not f.piece.reason]
        verdicts = {said[k].verdict for k in own} - (
            {"right"} if scope in defining else {"right", "not-read"}
        )
        if verdicts:
            yield scope


def _places(found: list[Found]) -> list[tuple[Place, Found]]:
    places = [place for place, _ in _places_of([f.piece for f in found])]
    return list(zip(places, found, strict=True))


def _places_of(pieces: list[Piece]) -> list[tuple[Place, Piece]]:
    seen: Counter[tuple[int, int]] = Counter()
    places: list[tuple[Place, Piece]] = []
    for piece in pieces:
        begin = id(piece.formula), piece.start
        if not piece.formula.ignored:
            places.append(((*begin, seen[begin]), piece))
            seen[begin] += 1
    return places


@dataclass(slots=True)
class _Parted:
    """Claims that were not read among all formulas, each beside those that it rests on alone."""

    file: str
    formulas: Sequence[Formula]
    declarations: Declarations
    parts: list[list[_Reading]]
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
            if said[place].verdict != "not-read" or piece.reason is not None or not _is_claim(piece):
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
        known = self.ranks(frozenset({scope, *(f.scope for f in own)}))
        readings = [
            _Reading.of(self.file, pieces, context, g)
            for g in _conforming(pieces, context)
            if all(_likely(key, rank, known) for key, rank in g.ranks)
        ]
        if not readings:
            return None
        wanted = (id(formulas[-1]), *place[1:])
        records = []
        for reading in readings:
            found = [f for part in self.parts for f in part[0].found]
            convention = convention_of([*found, *reading.found], self.declarations)
            own_place = [one for where, one in _places(reading.found) if where == wanted]
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


def _agreed(parts: list[list[_Reading]], every: list[list[_Reading]]) -> dict[Place, ClaimRecord]:
    """What is said of each statement, in the convention of ``every`` section."""
    said: dict[Place, ClaimRecord] = {}
    for part in parts:
        records = zip(*(r.records(_convention(every, r)) for r in part), strict=True)
        for (place, _), same in zip(_places(part[0].found), records, strict=True):
            said[place] = agreed(same)
    return said


def _better(record: ClaimRecord, known: ClaimRecord) -> bool:
    """Whether a section by itself shows that a claim is right: others then only stood in its way."""
    if record.kind == "definition" or known.verdict == "right":
        return False
    return record.verdict == "right" or (record.verdict == "right-if" and known.verdict != "right-if")


def _read(file: str, pieces: list[Piece], context: Context) -> list[_Reading]:
    """Sections that rest on each other, under each guess of their symbols."""
    return [_Reading.of(file, pieces, context, guess) for guess in _conforming(pieces, context)]


def _convention(parts: list[list[_Reading]], reading: _Reading) -> Options:
    """The convention of the whole note, where some sections are read as in ``reading``."""
    own = [reading if reading in part else part[0] for part in parts]
    return convention_of([f for r in own for f in r.found], reading.readings.context.declarations)


def _conforming(pieces: list[Piece], context: Context) -> list[Guess]:
    """The guesses of undeclared symbols under which most definitions can be used; then, most claims conform;
    then, the likely ones.
    """
    found = _least_broken(context, pieces)
    for _ in range(ROUNDS):
        if not set_aside(context, found[0].ranks):
            break
        found = _least_broken(context, pieces)
    if len(found) > 1:
        found = _best(found, lambda g: _conform(pieces, context, g))
    found = _best(found, lambda g: -g.cost)
    return found[:MOST_GUESSES]


def _least_broken(context: Context, pieces: list[Piece]) -> list[Guess]:
    found = guesses(context, pieces)
    return _best(found, lambda g: -_broken(context, g)) if len(found) > 1 else found


def _best(found: list[Guess], score: Callable[[Guess], int]) -> list[Guess]:
    scores = [score(g) for g in found]
    return [g for g, s in zip(found, scores, strict=True) if s == max(scores)]


def _readings(context: Context, guess: Guess) -> Readings:
    base = Options(ranks=guess.ranks)
    readings = Readings(context, base, rows=rows_of(context, context.declarations, base))
    if context.declarations.layout is not None:
        readings.fixed["layout"] = context.declarations.layout
    return readings


def _broken(context: Context, guess: Guess) -> int:
    readings = _readings(context, guess)
    broken = 0
    for scope in sorted({d.scope for d in context.definitions}):
        broken += len(readings.reader(readings.at(scope), scope).broken)
    return broken


def _conform(pieces: list[Piece], context: Context, guess: Guess) -> int:
    readings = _readings(context, guess)
    count = 0
    for piece in pieces:
        if _is_claim(piece) and not piece.formula.ignored:
            count += any(o.state in {"right", "wrong"} for o in readings.outcomes(piece))
    return count


def _is_claim(piece: Piece) -> bool:
    return piece.reason is None and not (piece.definition is not None and len(piece.sides) <= 2)


@dataclass(slots=True, eq=False)
class _Reading:
    """Sections of a note under one guess of what their undeclared symbols are."""

    file: str
    readings: Readings
    found: list[Found]
    repaired: dict[int, Correction] = field(default_factory=dict)

    @classmethod
    def of(cls, file: str, pieces: list[Piece], context: Context, guess: Guess) -> _Reading:
        own = replace(context, definitions=list(context.definitions), losses=set(context.losses))
        reading = cls(file, _readings(own, guess), [Found(p) for p in pieces if not p.formula.ignored])
        reading.repaired = _repair(reading.readings, [f.piece for f in reading.found])
        read: dict[object, list[Outcome]] = {}
        for one in reading.found:
            piece = one.piece
            if not _is_claim(piece):
                continue
            key = (piece.formula.scope, piece.text, piece.kind, piece.known, piece.said)
            if key not in read:
                read[key] = reading.readings.outcomes(piece)
            one.outcomes = read[key]
        return reading

    def records(self, convention: Options) -> list[ClaimRecord]:
        verdicts = self.verdicts(convention)
        return [verdicts.once(one) for one in self.found]

    def verdicts(self, convention: Options) -> Verdicts:
        return Verdicts(Evidence(self.file, self.readings, convention, self.repaired))


def agreed(records: Sequence[ClaimRecord]) -> ClaimRecord:
    """One record of a formula that was read under several guesses: they must agree."""
    first = records[0]
    if all(r.verdict == first.verdict for r in records):
        return first
    if {r.verdict for r in records} == {"right", "right-if"}:
        return next(r for r in records if r.verdict == "right-if")
    reason = "It depends on what is a number here and what a vector or matrix; declare its symbols."
    return completed(first, verdict="not-read", reason=reason, strength=None, correction=None, condition=None)


def _repair(readings: Readings, pieces: list[Piece]) -> dict[int, Correction]:
    """Definitions that slip, and are corrected: what rests on them is read with the correction."""
    repaired: dict[int, Correction] = {}
    for piece in pieces:
        definition, at = piece.definition, readings.at(piece.formula.scope)
        if definition is None or piece.reason is not None:
            continue
        broken = readings.reader(at, piece.formula.scope).broken
        own = next((e for a, e in broken.items() if a.split("@")[0] == definition.key), None)
        if not isinstance(own, Slip | Mismatch) or not all_declared(readings.context, piece.sides):
            continue
        fixed = correction(readings, piece, at, definition)
        if fixed is not None and fixed.node is not None:
            repaired[id(piece)] = fixed
            readings.errors[id(piece)] = own
    known = readings.context.definitions
    for piece in pieces:
        fixed = repaired.get(id(piece))
        if fixed is not None and fixed.node is not None and piece.definition in known:
            known[known.index(piece.definition)] = replace(piece.definition, body=fixed.node)
    if repaired:
        readings.readers.clear()
    return repaired
