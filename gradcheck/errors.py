"""Every exception that gradcheck raises on purpose, and what it makes of those that user code raises."""

from __future__ import annotations

from enum import Enum
from types import TracebackType
from typing import Any, Self

__all__ = [
    "CandidateFault",
    "Contradiction",
    "EndsProgram",
    "Escaped",
    "FaultKind",
    "FormFault",
    "GradientError",
    "NoAnswer",
    "Undecided",
    "Unsupported",
    "UsageError",
    "message",
    "user_code",
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

    FORM = "what is returned has another form: wrong number of gradients, other names, no array"
    CONTRACT = "the contract is broken in another way"
    RAISES = "the code raises, or ends the program"
    SHAPE = "a quantity has the wrong shape"
    NOT_FINITE = "a quantity is NaN or infinite although the derivative exists"
    NO_DIGITS = "right as a formula, and no digit is right in floating point"
    WRITES = "the code writes into what it is given"
    NOT_DETERMINISTIC = "answers differ from call to call"
    LAYOUT = "other values for arrays that lie otherwise in memory"
    KINK = "at a kink, the stated gradient is no convention"
    INTERNAL = "gradcheck itself failed"


class CandidateFault(Exception):
    """The hand-written code broke the contract at a point where the forward ran; ``message`` says how.

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


class FormFault(CandidateFault):
    """What is returned has another form than it must have: another number of gradients, other names, another
    nesting, no array.

    ``message`` and ``quantity`` are those of a `CandidateFault`. One call shows it, so it is looked for
    before any points are drawn.
    """

    def __init__(self, message: str, quantity: Any = None) -> None:
        super().__init__("error", message, quantity, FaultKind.FORM)


class Escaped(Exception):
    """User code raised something that is no `Exception`, and so would have ended the run: `pytest.skip`,
    `asyncio.CancelledError`, a class of its own.
    """


class EndsProgram(Escaped):
    """User code called `sys.exit`; the message is the call."""


class _UserCode:
    """The context in which user code is called: what comes out of it is an `Exception` with a text.

    Whoever calls user code catches `Exception` and shows `str(error)`. Here what is no `Exception` becomes
    an `Escaped`, and one whose text cannot be made becomes one with a text. `KeyboardInterrupt` is the
    user's, at the keyboard, and passes.
    """

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, KeyboardInterrupt):
            return
        if isinstance(error, SystemExit):
            raise _called_like(error, EndsProgram)(_exit_call(error)).with_traceback(trace) from None
        if not isinstance(error, Exception):
            raise _called_like(error, Escaped)(message(error)).with_traceback(trace) from None
        if not _is_plain(error):
            raise _called_like(error, Exception)(message(error)).with_traceback(trace) from None


user_code = _UserCode()
"""`with user_code: forward(*args)`."""


def message(error: object) -> str:
    """What an exception or a warning ``error`` says; where its own text raises, that it does."""
    try:
        return "".join(str(error))  # of `str` itself, whatever class `__str__` gives
    except KeyboardInterrupt:
        raise
    except BaseException:
        return "(its text cannot be made: str() of it raises)"


def _is_plain(error: BaseException) -> bool:
    """Whether the text can be made, and is of no class of its own."""
    try:
        return type(str(error)) is str
    except KeyboardInterrupt:
        raise
    except BaseException:
        return False


def _exit_call(error: SystemExit) -> str:
    try:
        return f"sys.exit({error.code!r})"
    except KeyboardInterrupt:
        raise
    except BaseException:
        return "sys.exit()"


def _called_like(error: BaseException, kind: type[Exception]) -> type[Exception]:
    """A subclass of ``kind`` with the name of the error's class, which is what reports show."""
    return type(type(error).__name__, (kind,), {"__module__": __name__})
