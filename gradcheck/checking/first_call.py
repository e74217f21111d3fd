"""One call before any points are drawn: does the code return what it must, in the form that it must have?

What is found here is a misunderstanding between two people, not a wrong derivative, so it is told in one
sentence and at once, and nothing else is looked into.
"""

from __future__ import annotations

import warnings

from gradcheck.errors import FormFault
from gradcheck.formulas.calling.foreign import is_float_only
from gradcheck.formulas.calling.in_place_writes import plain
from gradcheck.formulas.claim import Claim
from gradcheck.judging.candidates.running import run_prepared
from gradcheck.judging.points.point import Point

__all__ = ["wrong_form"]


def wrong_form(claim: Claim, point: Point) -> str | None:
    """What is wrong with the form of what the code returns at a point; None where nothing is, or where the
    code fails in another way, which the points will show.

    A program or a framework's function is not called for it: a call may cost a process, and is counted.
    """
    if is_float_only(claim.candidate):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run_prepared(claim, point, plain)
    except FormFault as fault:
        return str(fault)
    except Exception:
        return None
    return None
