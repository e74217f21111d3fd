"""The corpora of the modes as claims for the prover: the right code, and its wrong twins."""

import gradcheck
from gradcheck.formulas.complex_numbers.claims import in_real_outputs
from gradcheck.formulas.complex_numbers.outputs import with_real_outputs
from gradcheck.judging.points.generation import first_point
from gradcheck.judging.points.point import ComplexOutputs
from tests.modes import (  # noqa: F401  (most of them add their cases)
    corpus_complex,
    corpus_complex_matrices,
    corpus_complex_models,
    corpus_jvp,
    corpus_jvp_labels,
    corpus_jvp_layers,
    corpus_jvp_more,
    corpus_second_order,
    corpus_second_order_layers,
    corpus_second_order_models,
    corpus_second_order_more,
    corpus_spaces,
    corpus_spaces_models,
)

__all__ = ["MODES", "claims"]

MODES = ("jvp", "second order", "complex", "spaces")


def claims(mode):
    """Name -> the claim about the right code, and those about the wrong ones."""
    return {name: _of(*case) for name, case in _cases(mode)}


def _cases(mode):
    """Forward, shapes, options, the kind of claim, the right code, wrong ones."""
    if mode == "jvp":
        for name, (forward, shapes, options, right, wrong) in corpus_jvp.CASES.items():
            yield name, (forward, shapes, options, "jvp", right, wrong)
    elif mode == "second order":
        for name, (kind, forward, shapes, options, right, wrong) in corpus_second_order.CASES.items():
            yield name, (forward, shapes, options, kind, right, wrong)
    elif mode == "complex":
        for name, (forward, shapes, arguments, options, right, wrong) in corpus_complex.CASES.items():
            complex_ones = dict.fromkeys(arguments.split(), gradcheck.complex_normal)
            values = {"values": {**complex_ones, **options.get("values", {})}}
            yield name, (forward, shapes, {**options, **values}, "vjp", right, wrong)
    else:
        for name, (forward, options, right, wrong) in corpus_spaces.CASES.items():
            rest = {k: v for k, v in options.items() if k != "shapes"}
            yield name, (forward, options["shapes"], rest, "vjp", right, wrong)


def _of(forward, shapes, options, kind, right, wrong):
    declared = {k: v for k, v in options.items() if k in ("values", "where", "spaces")}
    made = [_claim(gradcheck.formula(shapes=shapes, **declared)(forward), kind, c) for c in (right, *wrong)]
    return made[0], made[1:]


def _claim(formula, kind, code):
    """In real outputs, where they are complex, as a check has it."""
    decorator = formula.hessian(next(iter(formula.shapes.arguments))) if kind == "hessian" else None
    (decorator or getattr(formula, kind))(code)
    (claim,) = formula.claims
    try:
        first_point(claim.formula, seed=0, delta=None)
    except ComplexOutputs as found:
        return in_real_outputs(claim, with_real_outputs(claim.formula, found.form), found.form)
    return claim
