"""Every exception that gradcheck raises on purpose."""

from __future__ import annotations

from enum import Enum
from typing import Any, Self

__all__ = [
    "CandidateFault",
    "Contradiction",
    "FaultKind",
    "GradientError",
    "NoAnswer",
    "Undecided",
    "Unsupported",
    "UsageError",
]


class UsageError(ValueError):
    """gradcheck was asked for something that makes no sense.

    Unknown names, shape strings that do not parse or contradict each other, options out of range.
    The message says what was expected, what came and what to do. The command line exits with 2.
    """


class GradientError(AssertionError):
    """Raised by `gradcheck.assert_correct`: a claim did not pass.

    ``result`` is the `gradcheck.Result`; the message is its full text, with the counterexample and
    the line that reproduces it.
    """

    def __init__(self, message: str, result: object = None) -> None:
        super().__init__(message)
        self.result = result


class Unsupported(Exception):
    """An arithmetic or a backend cannot run this code, or cannot answer at this point.

    It is not a judgement on the candidate. The message is the reason that the report shows, so it
    names the operation, and where it is known the line.
    """

    def anew(self) -> Self:
        """The same refusal, to be kept or raised once more. An exception holds every frame that it passed,
        and those hold what it is kept in, which would then wait for a search for cycles.
        """
        return type(self)(*self.args)


class NoAnswer(Unsupported):
    """The code runs in this arithmetic, but at this point there is no answer: the derivative is not
    finite, a kink makes it a convention, an enclosure is infinite. Another point may have one.
    """


class Undecided(NoAnswer):
    """A comparison of two balls that overlap: the true answer is not known at this precision.

    Raising the precision may decide it; a tie (`x > x` computed in two ways) never will.
    """


class Contradiction(Exception):
    """Two enclosures of the same true number exclude each other: one of our backends is wrong.

    Nothing that was asked for can be trusted then, so it is an error and never a verdict.
    """


class FaultKind(Enum):
    """What kind of fault the hand-written code has at a point."""

    CONTRACT = "the contract is broken: wrong number of gradients, no array, ..."
    RAISES = "the code raises, or ends the program"
    SHAPE = "a quantity has the wrong shape"
    NOT_FINITE = "a quantity is NaN or infinite although the derivative exists"
    WRITES = "the code writes into what it is given"
    NOT_DETERMINISTIC = "answers differ from call to call"
    KINK = "at a kink, the stated gradient is no convention"
    INTERNAL = "gradcheck itself failed"


class CandidateFault(Exception):
    """The hand-written code broke the contract at a point where the forward ran.

    ``verdict`` is ``"fail"`` (it raised, has the wrong shape, is not finite) or ``"error"`` (wrong
    number of gradients, mutated inputs, answers that differ from call to call, no array). ``kind`` says
    which of these it is, ``quantity`` (a `gradcheck.formulas.quantity.Quantity`, or None) what it concerns.
    """

    def __init__(
        self,
        verdict: str,
        message: str,
        quantity: Any = None,
        kind: FaultKind = FaultKind.CONTRACT,
    ) -> None:
        super().__init__(message)
        self.verdict = verdict
        self.quantity = quantity
        self.kind = kind
