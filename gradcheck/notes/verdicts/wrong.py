"""A claim that is wrong, and what is said of it; nobody is accused on a guess."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gradcheck.notes.arrays.graph import NotDifferentiable
from gradcheck.notes.arrays.values import Mismatch, Slip, Undeclared
from gradcheck.notes.grammar.latex import latex
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.syntax import (
    Apply,
    BigSum,
    Derivative,
    Group,
    Literal,
    Matrix,
    Nabla,
    Name,
    Node,
    Raised,
    Vectorised,
)
from gradcheck.notes.judging.conditions import first_condition
from gradcheck.notes.judging.corrections import Correction, correction
from gradcheck.notes.judging.readings import Outcome
from gradcheck.notes.judging.screening import screen
from gradcheck.notes.judging.verifying import Judgement, judge
from gradcheck.notes.reading.einstein import repeated
from gradcheck.notes.reading.given import NUMBERS
from gradcheck.notes.reading.showing import in_words
from gradcheck.notes.records import ClaimRecord
from gradcheck.notes.statements.context import Definition, is_number, key_of, letter_of, nodes
from gradcheck.notes.statements.defining import derives
from gradcheck.notes.statements.pieces import Piece
from gradcheck.notes.symbols.telling import all_declared, redefines
from gradcheck.notes.verdicts.definitions import why_broken
from gradcheck.notes.verdicts.evidence import UNSURE, Evidence, completed, sentence
from gradcheck.notes.verdicts.right_if import for_a_batch_of_one
from gradcheck.notes.verdicts.unsaid import (
    how_many,
    loosely_written,
    names_others,
    perhaps_diagonal,
    strange_symbol,
    unknown,
    unsaid,
    untold_symbol,
)

__all__ = ["guessed_symbol", "is_equation", "judge_wrong", "refuted", "restated_definition"]

ROUNDED = 1e-2
"""How far a number with a decimal point may lie from the value that it rounds."""

SUPPOSED = "\\delta is the derivative"
"""How an assumption begins that the note itself does not make."""

WORK = 60
"""Terms of a comparison beyond which a failure is not explained by gradcheck if a correction is known."""


def judge_wrong(
    evidence: Evidence, base: ClaimRecord, piece: Piece, here: list[Outcome], outcomes: list[Outcome]
) -> ClaimRecord:
    far = max(o.pair for o in here)
    here = [o for o in here if o.pair == far]  # where most of a chain holds
    valued = [o for o in here if o.state == "wrong"]
    valued = valued or [o for o in outcomes if o.state == "wrong" and o.pair >= far]
    if _listed(piece):
        return completed(base, reason="It lists the parts of a symbol.", reading=None)
    slips = [o for o in here if o.state == "slip"]
    if slips:  # what needs no calculus comes before anything else
        valued, here = [], slips
    first = max(valued, key=lambda o: o.pair) if valued else here[0]  # where most of a chain holds
    reading = evidence.reading(piece, first)
    if piece.unclear:
        return completed(
            base,
            reason=sentence(f"it holds under a condition that is not read: {piece.unclear}"),
            reading=reading,
        )
    if slips and any(f"the index {x} is free" in first.message for x in _equal(piece)):
        return completed(base, reason=sentence(f"of equal indices {first.message}"), reading=reading)
    loose = loosely_written(evidence, piece)
    if loose is not None:
        return completed(base, reason=sentence(loose), reading=reading)
    added = _added(evidence, piece, first)
    if added is not None:
        text = f"it is not right if {added} is a vector that is added to each example"
        return completed(base, reason=sentence(text), reading=reading)
    supposed = next((a for a in first.assumed if a.startswith(SUPPOSED)), None)
    if supposed is not None and not valued and names_others(evidence, piece):
        return completed(base, reason=sentence(f"it is not right if {supposed}"), reading=reading)
    if valued:
        if _of_one_step(evidence, piece):
            text = "it is the share of one step, as it seems, of a symbol that every step uses"
            return completed(base, reason=sentence(text), reading=reading)
        if first.comparison is not None and first.comparison.long():
            return completed(base, reason=sentence("it is too long to be judged"), reading=reading)
        for outcome in valued:
            held = first_condition(outcome.comparisons, _equal(piece))
            if held is not None:
                judgements = [judge(c.comparison, c.values) for c in held]
                if all(j.equal for j in judgements):
                    strength = judgements[-1].strength
                    return completed(
                        base, verdict="right-if", condition=held[0].text, strength=strength,
                        reading=reading, layout=evidence.layout(outcome),
                    )  # fmt: skip
        special = _of_one_point(piece, first)
        if special is not None:
            return completed(base, reason=sentence(special), reading=reading)
        head = piece.sides[first.pair]
        own = head.body if isinstance(head, Derivative) else None
        applied = [n for n in nodes(tuple(piece.sides)) if isinstance(n, Apply)]
        if isinstance(own, Apply) and _is_undefined(evidence, own) and _may_be_any(own, applied):
            text = f"the function {key_of(own.function)} is neither declared nor defined"
            return completed(base, reason=sentence(text), reading=reading)
        if isinstance(head, Apply) and _is_undefined(evidence, head):
            text = f"the function {key_of(head.function)} is neither declared nor defined"
            return completed(base, reason=sentence(text), reading=reading)
        left_out = how_many(evidence, piece) or unsaid(evidence, piece, first)
        left_out = left_out or unknown(evidence, piece, first)
        if left_out is not None:
            return completed(base, reason=sentence(left_out), reading=reading)
        twice = _stands_twice(piece, first)
        if twice is not None and not evidence.readings.context.declarations.einstein:
            text = (
                f"the index {twice} is repeated on the left without a sum; if it is summed, declare einstein"
            )
            return completed(base, reason=sentence(text), reading=reading)
        strange = strange_symbol(evidence, first.comparison, piece.sides[first.pair])
        if strange is not None:
            text = f"the symbol {strange} of the left side is neither declared nor defined"
            return completed(base, reason=sentence(text), reading=reading)
        if is_equation(evidence, piece):
            text = "it is an equation that does not hold for all values: a condition, or to be solved"
            return completed(base, reason=sentence(text))
        guessed = guessed_symbol(evidence, first)
        if guessed is not None:
            return completed(base, reason=sentence(str(Undeclared(guessed))), reading=reading)
        assert first.comparison is not None
        untold = untold_symbol(evidence, first.comparison, piece.sides[first.pair])
        if untold is not None:
            text = f"the symbol {untold} of the right side is neither declared nor defined"
            return completed(base, reason=sentence(text), reading=reading)
        fixed = correction(evidence.readings, piece, first.options, None, first)
        said = evidence.readings.context
        again = redefines(said, piece.sides[0]) and first.pair == 0
        if again and (fixed is None or not all_declared(said, piece.sides)):
            text = "it is defined before, and differently; a second definition is no claim"
            return completed(base, reason=sentence(text), reading=reading)
        judgement = refuted(evidence, piece, first, fixed)
        if judgement.equal is not False:
            return completed(base, reason=UNSURE, reading=reading)
        reason: str = judgement.diagnosis or "the two sides differ in value"
    else:
        batch = for_a_batch_of_one(evidence, base, piece, here)
        if batch is not None:
            return batch
        reason = first.message
        if first.state == "mismatch" and is_number(piece.sides[first.pair + 1]):
            text = "it gives a value at one point, where others depend on their symbols"
            return completed(base, reason=sentence(text), reading=reading)
        alone = piece.sides[first.pair + 1]
        if first.state == "mismatch" and _ends_agree(evidence, piece, first):
            text = f"{reason}; the side in the middle may be meant of an entry"
            return completed(base, reason=sentence(text), reading=reading)
        if first.state == "mismatch" and any(isinstance(n, BigSum) and n.index is None for n in nodes(alone)):
            return completed(base, reason="Over what a sum runs is not said.", reading=reading)
        if first.state == "mismatch" and perhaps_diagonal(evidence, piece.sides[first.pair], alone):
            text = "whether the slope of a function is a vector there or a diagonal matrix is not clear"
            return completed(base, reason=sentence(text), reading=reading)
        if isinstance(alone, Apply) and any("works entry by entry" in a for a in first.assumed):
            text = f"the function {key_of(alone.function)} is neither declared nor defined"
            return completed(base, reason=sentence(text), reading=reading)
        untold = _only_here(evidence, piece, first) or _taken_for_a_number(evidence, piece, first)
        if untold is not None:
            return completed(base, reason=sentence(str(Undeclared(untold))), reading=reading)
        if redefines(evidence.readings.context, piece.sides[0]) and not all_declared(
            evidence.readings.context, piece.sides
        ):
            text = f"as it was read, {reason}"
            return completed(base, reason=sentence(text), reading=reading)
    broken = _which(piece, first)
    if not valued:
        fixed = correction(evidence.readings, piece, first.options, None, first)
    shown = fixed.latex if fixed is not None else None
    return completed(
        base,
        verdict="wrong",
        reason=sentence(broken + reason),
        correction=shown,
        reading=reading,
        layout=evidence.layout(first),
    )


def _ends_agree(evidence: Evidence, piece: Piece, outcome: Outcome) -> bool:
    """Whether nothing is wrong with a chain but the shape of a side in its middle, W x + b for its entry."""
    if len(piece.sides) < 3 or outcome.pair + 2 >= len(piece.sides):
        return False
    ends = replace(piece, sides=[piece.sides[0], piece.sides[-1]], latex=[piece.latex[0], piece.latex[-1]])
    return evidence.readings.outcome(ends, outcome.options).state == "right"


def _added(evidence: Evidence, piece: Piece, outcome: Outcome) -> str | None:
    """The b of X W + b in a claim about it, which is a vector only because that is usual."""
    infos = evidence.readings.reader(outcome.options, piece.formula.scope).infos
    vectors = {a.split("@")[0] for a, info in infos.items() if info.added}
    found = {key_of(n) for n in nodes(tuple(piece.sides)) if isinstance(n, Name)}
    return next(iter(sorted(vectors & found)), None)


def _of_one_point(piece: Piece, outcome: Outcome) -> str | None:
    """Why a number on the right side may be true all the same: at one point, or to the digits printed."""
    comparison, right = outcome.comparison, piece.sides[outcome.pair + 1]
    if comparison is None or not is_number(right):
        return None
    if comparison.graph.leaves(comparison.left):
        return "it gives a value at one point, where others depend on their symbols"
    rounded = any(isinstance(n, Literal) and "." in n.text for n in nodes(right))
    return "it is rounded" if rounded and screen(comparison, within=ROUNDED) else None


def _may_be_any(node: Apply, applied: list[Apply]) -> bool:
    """Whether some function makes the claim true: no slope of it stands there, as in g'(z) = e^z, or it
    stands at another argument too, so that it may be a function of something else.
    """
    same = [a for a in applied if key_of(a.function) == key_of(node.function)]
    plain = [a for a in same if not a.function.primes]
    return len(plain) == len(same) or any(latex(a.arguments[0]) != latex(node.arguments[0]) for a in plain)


def _is_undefined(evidence: Evidence, node: Apply) -> bool:
    """Whether a function by itself on the left side is one that the equality defines."""
    known, function = evidence.readings.context, node.function
    told = known.is_defined(key_of(function)) or key_of(function) in known.declarations.elementwise
    return not (told or function.word or function.primes or function.base in {"\\langle", "\\sigma"})


def _stands_twice(piece: Piece, outcome: Outcome) -> str | None:
    """An index that stands twice in a product of the left side, and may be summed over."""
    letters = [x for x, _ in outcome.comparison.letters] if outcome.comparison is not None else []
    return next((x for x in letters if repeated(piece.sides[0], x)), None)


def _of_one_step(evidence: Evidence, piece: Piece) -> bool:
    """Whether a weight of all steps stands on the left, and quantities of one step on the right."""
    left, context = piece.sides[0], evidence.readings.context
    by = left.by if isinstance(left, Nabla) else left.by[0] if isinstance(left, Derivative) else None
    if not isinstance(by, Name) or not context.stepped or key_of(by) in context.stepped or by.sup:
        return False
    summed = {
        id(n)
        for b in nodes(tuple(piece.sides))
        if isinstance(b, BigSum) and b.index is not None and letter_of(b.index) in context.static
        for n in nodes(b)
    }
    return any(
        isinstance(n, Name) and id(n) not in summed and key_of(n) in context.stepped and n.sub
        for n in nodes(tuple(piece.sides[1:]))
    )


def _listed(piece: Piece) -> bool:
    r"""U = [U_K, \\bar{U}_K]: parts of a matrix side by side."""
    left, right = piece.sides[0], piece.sides[1]
    if isinstance(left, Name) and isinstance(right, Group) and isinstance(right.body, Name):
        return right.body.base.upper() == left.base.upper() and len(right.body.sub) == 2  # A = (a_{ij})
    inside = right.base if isinstance(right, Raised) else right
    return isinstance(left, Name) and isinstance(inside, Matrix | Vectorised)


def _equal(piece: Piece) -> frozenset[str]:
    """The two indices that the text before a claim calls equal."""
    said = piece.said
    if said is None or said.sign != "=":
        return frozenset()
    return frozenset(x for side in (said.left, said.right) if (x := letter_of(side)))


def guessed_symbol(evidence: Evidence, outcome: Outcome) -> str | None:
    """A symbol that was only taken for a number; nobody is accused on a guess."""
    parameters = {
        key_of(p) for d in evidence.readings.context.definitions for p in d.parameters if isinstance(p, Name)
    }
    for text in outcome.assumed:
        key = text.removesuffix(" is a number")
        if key != text and key not in parameters | NUMBERS | dict(outcome.options.ranks).keys():
            return key
    return None


def _only_here(evidence: Evidence, piece: Piece, outcome: Outcome) -> str | None:
    """A guessed symbol of the right side that neither the left side nor a definition has."""
    guessed = {*dict(outcome.options.ranks), *(t.removesuffix(" is a number") for t in outcome.assumed)}
    told = _plain(nodes(piece.sides[0]))
    for d in evidence.readings.context.definitions:
        told |= _plain(nodes((d.name, d.body)))
    left = piece.sides[0]
    if isinstance(left, Derivative | Nabla) and not isinstance(left.body, Name | Apply):
        return None  # what is differentiated is written out
    found = {key_of(n) for side in piece.sides[1:] for n in nodes(side) if isinstance(n, Name)}
    return next(iter(sorted(k for k in found if k in guessed and k not in told)), None)


def _taken_for_a_number(evidence: Evidence, piece: Piece, outcome: Outcome) -> str | None:
    """A symbol that was guessed to be a number, where numbers and arrays do not go together."""
    if "number" not in outcome.message:
        return None
    taken = {k for k, rank in outcome.options.ranks if rank == 0}
    taken |= {t.removesuffix(" is a number") for t in outcome.assumed if t.endswith(" is a number")}
    written = [n for side in piece.sides for n in nodes(side) if isinstance(n, Name)]
    found = {key_of(n) for n in written} | {key_of(n) + "^{(i)}" for n in written if n.bracket == "("}
    known = evidence.readings.context
    if outcome.message.startswith("a sum of a number and"):  # the other one may be the number
        taken |= {k for k, _ in outcome.options.ranks}
    return next((k for k in sorted(found & taken) if known.declared(k) is None and k not in NUMBERS), None)


def _plain(found: Iterable[Node]) -> set[str]:
    """The symbols among nodes, without those of each example: y^{(i)} tells nothing of y."""
    return {key_of(n) for n in found if isinstance(n, Name) and n.bracket != "("}


def is_equation(evidence: Evidence, piece: Piece) -> bool:
    """Whether neither a derivative nor a defined quantity is claimed, as in x^T x = 1."""
    left = piece.sides[0]
    head = left.function if isinstance(left, Apply) else left
    known = evidence.readings.context
    others = {
        key_of(n) for n in nodes(tuple(piece.sides[1:])) if isinstance(n, Name) and letter_of(n) is None
    }
    if isinstance(left, Name) and left.sub and others == {key_of(left)}:
        return True  # a_1 = -a_2, of two entries of one symbol
    if isinstance(head, Name) and (known.is_defined(key_of(head)) or head.base == "\\delta"):
        return False
    if any(isinstance(n, Raised) and n.prime for n in nodes(left)):
        return False
    return (
        not any(derives(side) for side in piece.sides)
        and not any(isinstance(n, Apply) and n.function.primes for n in nodes(tuple(piece.sides)))
        and not any(isinstance(n, Name) and n.base == "\\delta" for n in nodes(tuple(piece.sides)))
    )


def refuted(evidence: Evidence, piece: Piece, outcome: Outcome, fixed: Correction | None) -> Judgement:
    """gradcheck's verdict of a claim whose sides differ in our numbers.

    A failure is explained by gradcheck, which costs much for long formulas. There it is enough that
    the derivative which the note's right side differs from passes.
    """
    assert outcome.comparison is not None
    change = f"; {fixed.change}" if fixed is not None else ""
    plain = Judgement(False, diagnosis=f"the two sides differ in value{change}")
    judgement = Judgement(None)
    if outcome.comparison.work() <= (WORK if fixed is None else WORK // 4):
        judgement = judge(outcome.comparison)
    if judgement.equal is None:
        truth = judge(replace(outcome.comparison, right=outcome.comparison.left))
        return plain if truth.equal else replace(truth, equal=None)
    return judgement if judgement.diagnosis or judgement.equal else plain


def restated_definition(evidence: Evidence, base: ClaimRecord, piece: Piece) -> ClaimRecord | None:
    """A definition given once more, where the first cannot be used: judged by itevidence."""
    left = piece.sides[0]
    if not isinstance(left, Name) or not evidence.readings.context.is_defined(key_of(left)):
        return None
    reader = evidence.readings.reader(evidence.readings.at(piece.formula.scope), piece.formula.scope)
    error = why_broken(
        evidence, reader, next(d for d in evidence.readings.context.definitions if d.key == key_of(left))
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
        if not all_declared(evidence.readings.context, piece.sides):
            return None
        return completed(base, verdict="wrong", reason=sentence(str(slip)), reading=in_words(piece, reader))
    except (NotRead, Undeclared, NotDifferentiable):
        return None
    return None


def _which(piece: Piece, outcome: Outcome) -> str:
    if len(piece.sides) <= 2:
        return ""
    return f"the equality before `{piece.latex[outcome.pair + 1]}` is the first that does not hold: "
