"""Mistakes that any backward pass can have, made from the right candidates by a factory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.catalogue import formulas
from gradcheck.formulas.claim import Claim

from .twin import Twin

Change = Callable[[Any], Any]


def spoil_gradient(claim: Claim, position: int, change: Change) -> Callable[..., Any]:
    """The right candidate, with one of its gradients changed."""

    def candidate(delta, *arguments):
        gradients = claim.candidate(delta, *arguments)
        if not isinstance(gradients, tuple):
            return change(gradients)
        return tuple(change(g) if i == position else g for i, g in enumerate(gradients))

    return candidate


def without_delta(claim: Claim) -> Callable[..., Any]:
    def candidate(delta, *arguments):
        return claim.candidate(np.ones_like(delta), *arguments)

    return candidate


def spoil_value(claim: Claim, change: Change) -> Callable[..., Any]:
    def candidate(*arguments):
        return change(claim.candidate(*arguments))

    return candidate


def first_eight(gradient):
    """What a loop unrolled by eight leaves over is forgotten: rows from the ninth on are zero."""
    rows = np.arange(gradient.shape[0]).reshape(-1, *[1] * (gradient.ndim - 1))
    return np.where(rows < 8, gradient, 0)


def checked(claim: Claim) -> list[int]:
    """Positions of the arguments that the claim gives a gradient for; y is data throughout."""
    return [i for i, name in enumerate(claim.formula.shapes.arguments) if name != "y"]


def generic_twins(claim: Claim) -> list[Twin]:
    if claim.kind.is_backward:
        names, positions = claim.formula.shapes.arguments, checked(claim)
        first, last = positions[0], positions[-1]
        made = [
            Twin(claim.uid, f"sign of d{names[first]}", spoil_gradient(claim, first, lambda g: -g), "sign"),
            Twin(claim.uid, f"twice d{names[last]}", spoil_gradient(claim, last, lambda g: 2 * g), "factor"),
            Twin(claim.uid, "delta taken for ones", without_delta(claim), "delta-ignored"),
        ]
        grows = [i for i in positions if claim.formula.shapes.shapes[i][:1] and _has_name(claim, i)]
        # a deep network has too many shapes below nine rows for its counterexample to be minimised soon
        if grows and len(claim.formula.shapes.names) <= 3:
            middle = grows[len(grows) // 2]
            spoiled = spoil_gradient(claim, middle, first_eight)
            made.append(Twin(claim.uid, f"eight rows of d{names[middle]}", spoiled, "tail"))
        return made
    if claim.kind.argument is not None:
        return [
            Twin(claim.uid, "minus", spoil_value(claim, lambda v: -v), "sign"),
            Twin(claim.uid, "twice", spoil_value(claim, lambda v: 2 * v), "factor"),
        ]
    return []


def _has_name(claim: Claim, position: int) -> bool:
    return claim.formula.shapes.shapes[position][0].is_name


TWINS: list[Twin] = [
    twin
    for formula in formulas()
    for claim in formula.claims
    if not claim.erratum
    for twin in generic_twins(claim)
]
