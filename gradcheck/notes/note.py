"""A whole note: its claims read together under one convention, and each one's verdict."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gradcheck.notes.arrays.graph import NotDifferentiable
from gradcheck.notes.arrays.values import Mismatch, Slip, Undeclared
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.syntax import (
    Addition,
    Apply,
    Derivative,
    Differential,
    Group,
    Multiplication,
    Name,
)
from gradcheck.notes.judging.conditions import first_condition
from gradcheck.notes.judging.corrections import Correction, correction
from gradcheck.notes.judging.deciding import CHOICES, Outcome, Readings
from gradcheck.notes.judging.judging import Judgement, judge
from gradcheck.notes.reading.arrays import NUMBERS
from gradcheck.notes.reading.reader import Options, Reader
from gradcheck.notes.reading.showing import in_words
from gradcheck.notes.records import VERSION, ClaimRecord, NoteRecord
from gradcheck.notes.statements.claims import Formula, Piece, derives, sort
from gradcheck.notes.statements.context import Context, Definition, key_of, nodes
from gradcheck.notes.statements.declarations import Declarations

__all__ = ["check_formulas"]

UNSURE = "Two evaluations of it contradict each other, or gradcheck cannot decide it, so nothing is said."
WORK = 60
"""Terms of a comparison beyond which a failure is not explained by gradcheck if a correction is known."""

LAYOUTS = {
    "numerator": "numerator layout",
    "denominator": "denominator layout",
    "gradient": "gradients as columns, Jacobians in numerator layout",
}


@dataclass(slots=True)
class Found:
    piece: Piece
    outcomes: list[Outcome] = field(default_factory=list)


def check_formulas(
    file: str, formulas: Sequence[Formula], declarations: Declarations, problems: list[str] | None = None
) -> NoteRecord:
    """Read and judge all formulas of one note."""
    pieces, context = sort(formulas, declarations)
    readings = Readings(context, Options(), rows=_rows(context, declarations))
    if declarations.layout is not None:
        readings.fixed["layout"] = declarations.layout
    found = [Found(p) for p in pieces if not p.formula.ignored]
    repaired = _repair(readings, [f.piece for f in found])
    read: dict[object, list[Outcome]] = {}
    for one in found:
        piece = one.piece
        if piece.reason is not None or (piece.definition is not None and len(piece.sides) <= 2):
            continue
        key = (piece.formula.scope, piece.text, piece.kind, piece.known)
        if key not in read:
            read[key] = readings.outcomes(piece)
        one.outcomes = read[key]
    convention = _convention(found, declarations)
    judge_ = _Judge(file, readings, convention, repaired)
    claims = [judge_.once(one) for one in found]
    notes = [*(problems or []), *(text for _, text in declarations.problems)]
    return NoteRecord(VERSION, file, claims, _stated(found, convention), notes)


def _rows(context: Context, declarations: Declarations) -> dict[int, bool]:
    """Whether vectors are rows, by section: as declared, else where its definitions conform only so."""
    scopes = sorted({d.scope for d in context.definitions})
    if declarations.vectors is not None:
        return dict.fromkeys([-1, *scopes], declarations.vectors == "rows")
    found: dict[int, bool] = {}
    for scope in scopes:
        broken = []
        for rows in (False, True):
            reader = Reader(context, Options(rows=rows), scope)
            reader.define_all()
            broken.append(sum(isinstance(e, Mismatch) for e in reader.broken.values()))
        found[scope] = broken[1] < broken[0]
    return found


def _repair(readings: Readings, pieces: list[Piece]) -> dict[int, Correction]:
    """Definitions that slip, and are corrected: what rests on them is read with the correction."""
    repaired: dict[int, Correction] = {}
    for piece in pieces:
        definition, at = piece.definition, readings.at(piece.formula.scope)
        if definition is None or piece.reason is not None:
            continue
        broken = readings.reader(at, piece.formula.scope).broken
        own = next((e for a, e in broken.items() if a.split("@")[0] == definition.key), None)
        if not isinstance(own, Slip | Mismatch):
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


def _convention(found: list[Found], declarations: Declarations) -> Options:
    """The layout under which most claims are right; then, under which most conform."""
    best: tuple[tuple[int, int, int], Options] | None = None
    layouts = [declarations.layout] if declarations.layout else list(CHOICES["layout"])
    for rank, (layout, matrix) in enumerate(itertools.product(layouts, CHOICES["matrix"])):
        options = Options(layout=str(layout), matrix=str(matrix))
        right = conform = 0
        for one in found:
            here = [o for o in one.outcomes if _under(o, options)]
            right += any(o.state == "right" for o in here)
            conform += any(o.state in {"right", "wrong"} for o in here)
        if matrix == "transposed" and not _only_transposed(found):
            continue
        score = (right, conform, -rank)
        if best is None or score > best[0]:
            best = score, options
    assert best is not None
    return best[1]


def _only_transposed(found: list[Found]) -> bool:
    """Whether a claim of the note conforms only where gradients of matrices are transposed."""
    for one in found:
        states = {
            m: [o.state for o in one.outcomes if "matrix" in o.used and o.options.matrix == m]
            for m in CHOICES["matrix"]
        }
        if "right" in states["transposed"] and states["own"] and set(states["own"]) <= {"mismatch"}:
            return True
    return False


def _under(outcome: Outcome, convention: Options) -> bool:
    """Whether an outcome is one of the note's layout, or does not depend on it."""
    return all(
        name not in outcome.used or getattr(outcome.options, name) == getattr(convention, name)
        for name in ("layout", "matrix")
    )


def _stated(found: list[Found], convention: Options) -> str | None:
    count = dependent = 0
    for one in found:
        if any("layout" in o.used or "matrix" in o.used for o in one.outcomes):
            dependent += 1
            count += any(o.state == "right" and _under(o, convention) for o in one.outcomes)
    if not dependent:
        return None
    words = LAYOUTS[convention.layout]
    if convention.matrix == "transposed":
        words += ", gradients of matrices transposed"
    return f"{words} ({count} of {dependent} claims that depend on it)"


@dataclass(slots=True)
class _Judge:
    file: str
    readings: Readings
    convention: Options
    repaired: dict[int, Correction]
    judged_before: dict[object, ClaimRecord] = field(default_factory=dict)

    def once(self, found: Found) -> ClaimRecord:
        """The same formula in the same section is judged once."""
        piece = found.piece
        if piece.definition is not None or piece.reason is not None:
            return self.record(found)
        key = (piece.formula.scope, piece.text, piece.kind, len(self.readings.context.definitions))
        known = self.judged_before.get(key)
        if known is None:
            known = self.judged_before[key] = self.record(found)
            return known
        line, column = piece.formula.place(piece.offset)
        return _with(known, line=line, column=column)

    def record(self, found: Found) -> ClaimRecord:
        piece = found.piece
        line, column = piece.formula.place(piece.offset)
        base = ClaimRecord(self.file, line, column, piece.text, piece.kind, "not-read")  # type: ignore[arg-type]
        if piece.reason is not None:
            return _with(base, reason=_sentence(piece.reason))
        try:
            if piece.definition is not None:
                return self.definition(base, found, piece.definition)
            return self.claim(base, found)
        except RecursionError:
            return _with(base, reason="It is nested too deeply.")
        except (
            TypeError,
            ValueError,
            KeyError,
            AssertionError,
            AttributeError,
            ArithmeticError,
            MemoryError,
        ) as error:
            return _with(
                base, reason=f"gradcheck does not know how to read it ({type(error).__name__}: {error})."
            )

    # -- definitions

    def definition(self, base: ClaimRecord, found: Found, definition: Definition) -> ClaimRecord:
        piece = found.piece
        reader = self.readings.reader(
            replace(self.readings.at(piece.formula.scope), layout=self.convention.layout), piece.formula.scope
        )
        reading = in_words(piece, reader)
        if id(piece) in self.repaired:
            used = self.repaired[id(piece)]
            reason = f"{self.readings.errors[id(piece)]}; what rests on it is read as corrected"
            return _with(
                base, verdict="wrong", reason=_sentence(reason), reading=reading, correction=used.latex
            )
        error = self.broken(reader, definition)
        if isinstance(error, Slip | Mismatch):
            fixed = correction(self.readings, piece, self.readings.at(piece.formula.scope), definition)
            text = fixed.latex if fixed is not None else None
            return _with(
                base, verdict="wrong", reason=_sentence(str(error)), reading=reading, correction=text
            )
        if error is not None:
            return _with(base, reason=_sentence(str(error)), reading=reading)
        if found.outcomes:
            return self.claim(base, found)
        return _with(base, verdict="right", reading=reading)

    def broken(self, reader: Reader, definition: Definition) -> Exception | None:
        try:
            for array, name in reader.instances(definition):
                if array not in reader.broken:
                    reader.info(name, array)
        except (Mismatch, Slip, NotRead, Undeclared, NotDifferentiable) as error:
            return next((e for a, e in reader.broken.items() if a.split("@")[0] == definition.key), error)
        own = [e for a, e in reader.broken.items() if a.split("@")[0] == definition.key]
        return own[0] if own else None

    # -- claims

    def claim(self, base: ClaimRecord, found: Found) -> ClaimRecord:
        piece, outcomes = found.piece, found.outcomes
        here = [o for o in outcomes if _under(o, self.convention)] or outcomes
        right = [o for o in here if o.state == "right"]
        if right:
            return self.right(base, piece, _plainest(right), here)
        elsewhere = [o for o in outcomes if o.state == "right"]
        if elsewhere:
            return self.right_elsewhere(base, piece, _plainest(elsewhere), here)
        aliased = self.under_another_name(base, piece, outcomes)
        if aliased is not None:
            return aliased
        averaged = self.averaged(base, piece, here)
        if averaged is not None:
            return averaged
        narrow = next((o.narrow for o in here if o.narrow is not None), None)
        if narrow is not None:
            return _with(
                base, verdict="ambiguous", reading=self.reading(piece, narrow),
                reason="It is right if the loss depends only on what the right side names, and wrong if it "
                "depends on everything that is defined here; define the loss.",
            )  # fmt: skip
        states = {o.state for o in outcomes}
        if "not-read" in states:
            redefined = self.restated(base, piece)
            if redefined is not None:
                return redefined
            first = next(o for o in (*here, *outcomes) if o.state == "not-read")
            return _with(base, reason=_sentence(first.message), reading=self.reading(piece, first))
        return self.wrong(base, piece, here, outcomes)

    def reading(self, piece: Piece, outcome: Outcome) -> str:
        reader = self.readings.reader(outcome.options, piece.formula.scope)
        text = in_words(piece, reader)
        if outcome.assumed:
            text += "; " + "; ".join(outcome.assumed)
        return text

    def right(self, base: ClaimRecord, piece: Piece, outcome: Outcome, here: list[Outcome]) -> ClaimRecord:
        judgement = self.judged(outcome)
        reading = self.reading(piece, outcome)
        layout = self.layout(outcome)
        if judgement.equal is False:
            return _with(
                base,
                reason=UNSURE,
                reading=reading,
            )
        if judgement.equal is None:
            why = judgement.reason or "it has no form that gradcheck can check"
            return _with(base, reason=_sentence(f"gradcheck could not decide it: {why}"), reading=reading)
        strength = judgement.strength
        condition = None if _chain_rule(piece) and not outcome.options.elementwise else _choice(outcome)
        common = {"strength": strength, "reading": reading, "layout": layout}
        if condition is not None:
            return _with(base, verdict="right-if", condition=condition, **common)
        return _with(base, verdict="right", **common)

    def judged(self, outcome: Outcome) -> Judgement:
        """gradcheck's verdict over all equalities of a chain: the weakest."""
        weakest: Judgement | None = None
        order = ["proved", "certified", "agreed", None]
        for comparison in outcome.comparisons:
            judgement = judge(comparison)
            if judgement.equal is False:
                return judgement
            if (
                weakest is None
                or not judgement.equal
                or order.index(judgement.strength) > order.index(weakest.strength)
            ):
                weakest = judgement if weakest is None or weakest.equal else weakest
        return weakest or Judgement(None)

    def layout(self, outcome: Outcome) -> str | None:
        words = []
        if "layout" in outcome.used:
            words.append(outcome.options.layout)
        if "matrix" in outcome.used and outcome.options.matrix == "transposed":
            words.append("matrix gradients transposed")
        return ", ".join(words) or None

    def right_elsewhere(
        self, base: ClaimRecord, piece: Piece, outcome: Outcome, here: list[Outcome]
    ) -> ClaimRecord:
        judgement = self.judged(outcome)
        if judgement.equal is False:
            return _with(base, reason=UNSURE)
        layout = self.layout(outcome)
        return _with(
            base, verdict="right-if", strength=judgement.strength or "agreed", layout=layout,
            condition=self.other_layout(outcome),
            reading=self.reading(piece, outcome),
        )  # fmt: skip

    def other_layout(self, outcome: Outcome) -> str:
        if "matrix" in outcome.used and outcome.options.matrix != self.convention.matrix:
            return "the gradient of a matrix is laid out transposed (numerator layout)"
        own, others = outcome.options.layout, self.convention.layout
        return f"it is read in {own} layout, where the note's other claims use {others} layout"

    def averaged(self, base: ClaimRecord, piece: Piece, here: list[Outcome]) -> ClaimRecord | None:
        """dW = 1/m dZ A^T: dZ of the sum over examples, dW of the mean."""
        if len(piece.sides) != 2 or not any(isinstance(n, Differential) for n in nodes(tuple(piece.sides))):
            return None
        for outcome in here:
            if outcome.state != "wrong":
                continue
            for size in sorted(s for s in self.readings.context.sizes if s.isalpha() and len(s) == 1):
                changed = Multiplication((("", Name(size)), ("", Group(piece.sides[1]))))
                again = self.readings.outcome(
                    replace(piece, sides=[piece.sides[0], changed]), outcome.options
                )
                if again.state == "right":
                    text = f"the right side is of the loss summed over {size} examples, the left of its mean"
                    return _with(
                        base,
                        verdict="right-if",
                        condition=text,
                        strength="agreed",
                        reading=self.reading(piece, outcome),
                    )
        return None

    def under_another_name(
        self, base: ClaimRecord, piece: Piece, outcomes: list[Outcome]
    ) -> ClaimRecord | None:
        """A size under a second letter: right if N = m."""
        unknown = next((o.undeclared for o in outcomes if o.undeclared is not None), None)
        if unknown is None or unknown not in {"N", "n", "m", "M", "d", "D", "B", "K", "T", "C"}:
            return None
        for size in sorted(self.readings.context.sizes):
            if size == unknown or not size.isalpha():
                continue
            again = self.readings.outcomes(piece, alias=((unknown, size),))
            right = [o for o in again if o.state == "right"]
            if right and self.judged(_plainest(right)).equal is not False:
                outcome = _plainest(right)
                strength = self.judged(outcome).strength or "agreed"
                return _with(
                    base, verdict="right-if", condition=f"{unknown} = {size}", strength=strength,
                    layout=self.layout(outcome), reading=self.reading(piece, outcome),
                )  # fmt: skip
        return None

    def restated(self, base: ClaimRecord, piece: Piece) -> ClaimRecord | None:
        """A definition given once more, where the first cannot be used: judged by itself."""
        left = piece.sides[0]
        if not isinstance(left, Name) or not self.readings.context.is_defined(key_of(left)):
            return None
        reader = self.readings.reader(self.readings.at(piece.formula.scope), piece.formula.scope)
        error = self.broken(
            reader, next(d for d in self.readings.context.definitions if d.key == key_of(left))
        )
        if error is None:
            return None
        own = Definition(left, piece.sides[1], (), piece.formula.scope)
        try:
            array, _, _ = reader.array(left)
            reader.broken.pop(array, None)
            with reader.apart():
                reader.computed(array, own)
        except (Slip, Mismatch) as slip:
            return _with(base, verdict="wrong", reason=_sentence(str(slip)), reading=in_words(piece, reader))
        except (NotRead, Undeclared, NotDifferentiable):
            return None
        return None

    def wrong(
        self, base: ClaimRecord, piece: Piece, here: list[Outcome], outcomes: list[Outcome]
    ) -> ClaimRecord:
        valued = [o for o in here if o.state == "wrong"] or [o for o in outcomes if o.state == "wrong"]
        slips = [o for o in here if o.state == "slip"]
        if slips:  # what needs no calculus comes before anything else
            valued, here = [], slips
        first = valued[0] if valued else here[0]
        reading = self.reading(piece, first)
        if piece.unclear:
            return _with(
                base,
                reason=_sentence(f"it holds under a condition that is not read: {piece.unclear}"),
                reading=reading,
            )
        if valued:
            for outcome in valued:
                held = first_condition(outcome.comparisons)
                if held is not None:
                    judgements = [judge(c.comparison, c.values) for c in held]
                    if all(j.equal for j in judgements):
                        strength = judgements[-1].strength
                        return _with(
                            base, verdict="right-if", condition=held[0].text, strength=strength,
                            reading=reading, layout=self.layout(outcome),
                        )  # fmt: skip
            if self.equation(piece):
                text = "it is an equation that does not hold for all values: a condition, or to be solved"
                return _with(base, reason=_sentence(text))
            guessed = self.guessed(first)
            if guessed is not None:
                return _with(base, reason=_sentence(str(Undeclared(guessed))), reading=reading)
            assert first.comparison is not None
            fixed = correction(self.readings, piece, first.options, None, first)
            judgement = self.refuted(piece, first, fixed)
            if judgement.equal is not False:
                return _with(base, reason=UNSURE, reading=reading)
            reason: str = judgement.diagnosis or "the two sides differ in value"
        else:
            batch = self.batch_of_one(base, piece, here)
            if batch is not None:
                return batch
            reason = first.message
        broken = _which(piece, first)
        if not valued:
            fixed = correction(self.readings, piece, first.options, None, first)
        shown = fixed.latex if fixed is not None else None
        return _with(
            base,
            verdict="wrong",
            reason=_sentence(broken + reason),
            correction=shown,
            reading=reading,
            layout=self.layout(first),
        )

    def guessed(self, outcome: Outcome) -> str | None:
        """A symbol that was only taken for a number; nobody is accused on a guess."""
        parameters = {
            key_of(p) for d in self.readings.context.definitions for p in d.parameters if isinstance(p, Name)
        }
        for text in outcome.assumed:
            key = text.removesuffix(" is a number")
            if key != text and key not in parameters | NUMBERS:
                return key
        return None

    def equation(self, piece: Piece) -> bool:
        """Whether neither a derivative nor a defined quantity is claimed, as in x^T x = 1."""
        left = piece.sides[0]
        head = left.function if isinstance(left, Apply) else left
        known = self.readings.context
        if isinstance(head, Name) and (known.is_defined(key_of(head)) or head.base == "\\delta"):
            return False
        return (
            not any(derives(side) for side in piece.sides)
            and not any(isinstance(n, Apply) and n.function.primes for n in nodes(tuple(piece.sides)))
            and not any(isinstance(n, Name) and n.base == "\\delta" for n in nodes(tuple(piece.sides)))
        )

    def refuted(self, piece: Piece, outcome: Outcome, fixed: Correction | None) -> Judgement:
        """gradcheck's verdict of a claim whose sides differ in our numbers.

        A failure is explained by gradcheck, which costs much for long formulas. There it is enough that
        the derivative which the note's right side differs from passes.
        """
        assert outcome.comparison is not None
        change = f"; {fixed.change}" if fixed is not None else ""
        plain = Judgement(False, diagnosis=f"the two sides differ in value{change}")
        judgement = Judgement(None)
        if outcome.comparison.work() <= WORK:
            judgement = judge(outcome.comparison)
        if judgement.equal is None:
            truth = judge(replace(outcome.comparison, right=outcome.comparison.left))
            return plain if truth.equal else replace(truth, equal=None)
        return judgement if judgement.diagnosis or judgement.equal else plain

    def batch_of_one(self, base: ClaimRecord, piece: Piece, here: list[Outcome]) -> ClaimRecord | None:
        """The gradient of a row that is added to every row: right for a batch of one row."""
        for outcome in here:
            if outcome.batch is None:
                continue
            if len(piece.sides) > 2:
                return _with(base, reason=_sentence(f"a chain that holds if {outcome.batch} is not read"))
            return _with(
                base,
                verdict="right-if",
                condition=outcome.batch,
                strength="agreed",
                reading=self.reading(piece, outcome),
            )
        return None


def _chain_rule(piece: Piece) -> bool:
    """A sum over paths: partial derivatives are what such a sum is made of."""
    right = piece.sides[1]
    return (
        len(piece.sides) == 2
        and isinstance(right, Addition)
        and len(right.terms) > 1
        and all(sum(isinstance(n, Derivative) for n in nodes(t)) >= 2 for _, t in right.terms)
    )


def _which(piece: Piece, outcome: Outcome) -> str:
    if len(piece.sides) <= 2:
        return ""
    return f"the equality before `{piece.latex[outcome.pair + 1]}` is the first that does not hold: "


def _plainest(outcomes: list[Outcome]) -> Outcome:
    """The outcome with the fewest choices out of the ordinary."""
    return min(
        outcomes,
        key=lambda o: sum(
            getattr(o.options, n) not in {False, "own"} for n in CHOICES if n in o.used and n != "layout"
        ),
    )


def _choice(outcome: Outcome) -> str | None:
    options, used = outcome.options, outcome.used
    if options.elementwise and "elementwise" in used:
        return "the factors side by side are multiplied entry by entry (⊙)"
    if options.turned and "turned" in used:
        return "the gradient is laid out as a row (numerator layout)"
    if options.partial and "partial" in used:
        held = next((a for a in outcome.assumed if a.endswith("held fixed")), "other quantities held fixed")
        return f"partial derivatives with {held}"
    return None


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."


def _with(base: ClaimRecord, **changes: object) -> ClaimRecord:
    import msgspec

    return msgspec.structs.replace(base, **changes)
