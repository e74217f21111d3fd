"""A jvp and a vjp of one forward belong together: `<d, J t> = <J^T d, t>`, whatever J is.

Both are compared with the truth as well. This tells, without any backend, that one of two hand-written
derivatives is not that of the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flint import arb

from gradcheck.arithmetic import BALLS, WIDENED, Domain, precision
from gradcheck.arithmetic.precisions import BITS
from gradcheck.checking.battery.finding import Finding, skipped
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.decorating import claims_on
from gradcheck.formulas.derived.tangents import WithTangents
from gradcheck.formulas.kinds import Jvp
from gradcheck.formulas.kinds.tables import contract
from gradcheck.judging.candidates.running import run_in_balls
from gradcheck.judging.comparing import RESOLUTION
from gradcheck.judging.points.point import Point
from gradcheck.judging.session import Session

__all__ = ["adjoint", "backward_beside"]


def backward_beside(claim: Claim) -> Claim | None:
    """The backward pass that stands beside a jvp and is meant to be right."""
    if not isinstance(claim.kind, Jvp) or not isinstance(claim.formula, WithTangents):
        return None
    return next((c for c in claims_on(claim.formula.of) if c.kind.is_backward and not c.erratum), None)


def adjoint(claim: Claim, vjp: Claim, basis: Sequence[Point], session: Session) -> Finding:
    """Both sides of the identity in balls, at a few points."""
    settled, reason = 0, "the code gave no answer at any point"
    for point in basis:
        try:
            with precision(BITS):
                # float constants that are rounded in the last place are nobody's mistake
                found = _apart(claim, vjp, point, BALLS) and _apart(claim, vjp, point, WIDENED)
        except (Unsupported, CandidateFault) as error:
            reason = str(error)
            continue
        settled += 1
        if found is not None:
            return Finding("fail", settled, f"{found}: the two are derivatives of different functions", point)
    return Finding("pass", settled) if settled else skipped(reason)


def _apart(claim: Claim, vjp: Claim, point: Point, domain: Domain) -> str | None:
    """How the two sides differ, or None. Raises `Unsupported`, `CandidateFault`."""
    plain = replace(point, args=point.args[len(point.args) // 2 :])
    tangents = run_in_balls(claim, point, domain)
    gradients = run_in_balls(vjp, plain, domain)
    if len(gradients) != len(plain.wrt):
        raise Unsupported("the vjp returns None for an argument")
    named = [vjp.quantity(name) for name in vjp.formula.shapes.arguments]
    parts = [contract(z, d) for z, d in zip(tangents.values(), point.delta, strict=True)]
    others = [contract(gradients[named[i]], point.args[i]) for i in plain.wrt]
    forward = sum((value for value, _ in parts), arb(0))
    reverse = sum((value for value, _ in others), arb(0))
    scale = sum((size for _, size in parts + others), arb(0))
    if not (forward.is_finite() and reverse.is_finite()):
        raise Unsupported("the code is not finite at the points tried")
    if abs(forward - reverse).lower() > scale.upper() * RESOLUTION:
        return f"<d, J t> is {_text(forward)} by the jvp and {_text(reverse)} by {vjp.uid}"
    return None


def _text(ball: arb) -> str:
    return str(ball.str(6, radius=False))
