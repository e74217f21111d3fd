"""A comparison as a reader follows it: entry formulas, the steps between them, assumptions."""

from __future__ import annotations

from gradcheck.formulas.claim import Claim
from gradcheck.proofs.comparing import Compared, Finding, ruled
from gradcheck.proofs.conditions import Condition, written
from gradcheck.proofs.indexed import Expr, axis_codes, reduced
from gradcheck.proofs.indexed.algebra.derivative import derivative, variables_of
from gradcheck.proofs.indexed.algebra.indices.codes import FREE, is_constant
from gradcheck.proofs.indexed.algebra.interning import slot_codes
from gradcheck.proofs.indexed.algebra.latex import Printer, plain_text
from gradcheck.proofs.indexed.algebra.products import Terms
from gradcheck.proofs.indexed.algebra.space import DELTA, plain
from gradcheck.proofs.stating import index_codes
from gradcheck.proofs.truth import Truth
from gradcheck.records.types import ProofQuantity, ProofStep

__all__ = ["NAMING", "assumed", "quantity_record"]

NAMING = "a name for an inner expression"
"""The rule of a step that defines a name which entry formulas use."""

_STATUS = {"equal": "proved", "different": "open", "open": "open"}
_MOST_TERMS = 24
_MOST_CHAIN = 3


def quantity_record(claim: Claim, truth: Truth, finding: Finding) -> ProofQuantity:
    """One quantity with its entry formulas and steps. What is ``different`` is open until a witness."""
    wanted = finding.wanted
    status = _STATUS[finding.outcome]
    if wanted is None:
        return ProofQuantity(quantity=str(finding.quantity), status=status, indices="", reason=finding.reason)
    names = _index_names(claim, truth)
    printer = Printer(truth.space, names)
    for code in wanted.codes:
        printer.index(code)  # the first letters go to the entry's own indices
    right = reduced(ruled(truth, wanted.truth))
    steps = _derivation(claim, truth, finding, printer, right)
    entry = _entry(printer, right) if claim.kind.states_outputs else steps[-1].latex
    indices = ", ".join(printer.index(c) for c in wanted.codes if not is_constant(c))
    mine = None
    if finding.candidate is not None:
        form = reduced(ruled(truth, finding.candidate))
        mine = entry if form.terms == right.terms else _entry(printer, form)
        steps.append(ProofStep(rule="the code's entry, brought to the same normal form", latex=mine))
    if finding.outcome == "equal":
        steps.append(ProofStep(rule="their difference, by the rules above", latex="0"))
    steps[1:1] = [
        ProofStep(rule=NAMING, latex=f"{name} = {inner}") for name, inner in printer.definitions.items()
    ]
    return ProofQuantity(
        quantity=str(finding.quantity),
        status=status,
        indices=indices,
        truth=entry,
        candidate=mine,
        steps=steps,
        reason=finding.reason,
    )


def _index_names(claim: Claim, truth: Truth) -> dict[int, str]:
    return {code: name for name, code in index_codes(claim, truth).items() if code >= FREE}


def _entry(printer: Printer, expression: Expr) -> str:
    if len(expression.terms) > _MOST_TERMS:
        return rf"\text{{a sum of {len(expression.terms)} products}}"
    return printer.expression(expression)


def _derivation(
    claim: Claim, truth: Truth, finding: Finding, printer: Printer, right: Expr
) -> list[ProofStep]:
    """The forward, what is differentiated, the chain rule where functions are in the way, and the result, of
    which ``right`` is the form by all rules.
    """
    assert finding.wanted is not None
    output = truth.outputs[0]
    outer = truth.codes("out", output.shape)
    own = axis_codes(truth.space, output.shape)
    at = {o: c for o, c in zip(own, outer, strict=True) if not is_constant(o)}
    several = len(truth.outputs) > 1
    steps = [
        ProofStep(
            rule="an entry of the forward" + ("'s first output" if several else ""),
            latex=f"{printer.indexed('z', [printer.index(c) for c in outer])} = "
            f"{_entry(printer, reduced(output.entry.renamed(at)))}",
        )
    ]
    if claim.kind.states_outputs:
        return steps
    if "delta" in claim.leading:
        total = _entry(printer, reduced(truth.total()))
        steps.append(ProofStep(rule="J, the sum of delta times z", latex=f"J = {total}"))
    steps += _chain(truth, finding, printer)
    raw = _product_rule(truth, str(finding.quantity.argument), printer) if claim.kind.is_backward else None
    if raw is not None:
        steps.append(ProofStep(rule="the product rule, a Kronecker delta for each index", latex=raw))
    rule = "differentiated by the product rule, Kronecker deltas contracted over their sums"
    steps.append(ProofStep(rule=rule, latex=_entry(printer, reduced(finding.wanted.truth))))
    if truth.arguments.rules:
        steps.append(
            ProofStep(rule=f"with {', '.join(truth.arguments.sentences)}", latex=_entry(printer, right))
        )
    return steps


def _product_rule(truth: Truth, name: str, printer: Printer) -> str | None:
    """`J` differentiated term by term, before any delta ends a sum; None where a function is in the way."""
    space = truth.space
    position = truth.formula.shapes.arguments.index(name)
    variable = truth.arguments.heads[position]
    targets = space.flat(truth.codes("target", truth.arguments.arrays[position].shape))
    total = reduced(truth.total())
    if len(total.terms) > _MOST_TERMS // 3:
        return None
    raw: Terms = {}
    for (factors, bounds), coefficient in total.terms.items():
        for k, (number, indices, power) in enumerate(factors):
            if number != variable:
                if variable in variables_of(space, number):
                    return None
                continue
            deltas = tuple((DELTA, pair, 1) for pair in zip(indices, targets, strict=True) if pair != (0, 0))
            lowered = ((number, indices, power - 1),) if power != 1 else ()
            raw[(*factors[:k], *lowered, *factors[k + 1 :], *deltas), bounds] = plain(coefficient * power)
    return printer.expression(Expr(space, raw)) if raw else None


def _chain(truth: Truth, finding: Finding, printer: Printer) -> list[ProofStep]:
    """Derivatives of the inner expressions that the output holds."""
    arguments = truth.formula.shapes.arguments
    name = finding.quantity.argument
    if name is None:
        return []
    position = arguments.index(name)
    variable = truth.arguments.heads[position]
    space = truth.space
    targets = truth.codes("target", truth.arguments.arrays[position].shape)
    found: dict[int, None] = {}
    for factors, _ in reduced(truth.outputs[0].entry).terms:
        for number, _, _ in factors:
            head = space.heads[number]
            if (
                head.kind not in ("step", "equals")
                and head.argument is not None
                and variable in variables_of(space, number)
            ):
                found[number] = None
    steps = []
    for number in list(found)[:_MOST_CHAIN]:
        head = space.heads[number]
        assert head.argument is not None
        inner = derivative(head.argument, variable, targets)
        if len(inner.terms) > _MOST_TERMS // 3 or len(head.argument.terms) > _MOST_TERMS // 3:
            continue
        slots = slot_codes(space, head)
        letters = dict(zip(slots, "ijklrstuvw", strict=False))
        mine = Printer(space, {**printer.names, **letters})
        above, below = mine.expression(head.argument), mine.expression(inner)
        entry = mine.indexed(name, [mine.index(c) for c in targets])
        latex = rf"\frac{{\partial}}{{\partial {entry}}}\left({above}\right) = {below}"
        steps.append(ProofStep(rule="the chain rule's inner derivative", latex=latex))
    return steps


def assumed(truth: Truth, compared: Compared) -> list[str]:
    """The assumptions in words, the sizes first: those that are given are nothing that is proved for all."""
    formula = truth.formula
    given, free = formula.given_sizes, formula.free_sizes
    sentences = [f"{', '.join(free)} >= 1"] if free else []
    sentences += [f"{name} = {given[name]}" for name in formula.shapes.names if name in given]
    if not formula.shapes.names:
        fixed = zip(formula.shapes.arguments, formula.shapes.shapes, strict=True)
        sentences += [f"{name} of shape {tuple(d.size({}) for d in dims)}" for name, dims in fixed if dims]
    sentences += truth.arguments.sentences
    sentences += [_condition(c) for c in compared.conditions]
    return list(dict.fromkeys(sentences))


def _condition(condition: Condition) -> str:
    relation, expression = condition
    if relation == "once":
        return f"{plain_text(written(expression))} is attained once"
    return f"{plain_text(written(expression))} {relation} 0"
