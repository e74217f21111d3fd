"""Trying a harness with trivial cases, to tell a harness that does not work from a wrong gradient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import CandidateFault, Unsupported, UsageError
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.points.sizes import plan
from gradcheck.oracles.protocol.answers import decimals_differ, read_array, read_gradients
from gradcheck.oracles.protocol.candidate import FLOATS
from gradcheck.oracles.protocol.cases import data_arguments, make_case
from gradcheck.oracles.protocol.driver import Driver, Limits
from gradcheck.oracles.protocol.faults import Exhausted, ProgramFault
from gradcheck.oracles.protocol.messages import Case, Reply
from gradcheck.oracles.protocol.selection import choose_dtypes, choose_formulas
from gradcheck.oracles.reference import Oracle

__all__ = ["SmokeReport", "smoke"]

_SAME_DIGITS = 2.0**-10
"""What still counts as right here, as a part of the largest entry: a look at the first three digits, which
tells arrays that are read or written wrongly. The run itself judges to the last digit."""

_ROUNDINGS = 8
"""Half units in the last place that are no matter, where the type has few digits."""

_MOST_FAULTS = 3
"""Failures after which the rest is not tried: they are mostly one and the same."""

_SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, 5e-324, -2.2250738585072014e-308, 1 / 3, 1.7e308])
"""Numbers that a harness which goes through decimals, or through float32, does not give back."""


@dataclass
class SmokeReport:
    """What was found, a line each. ``broken`` counts what does not work, ``wrong`` the wrong gradients."""

    lines: list[str] = field(default_factory=list)
    broken: int = 0
    wrong: int = 0
    right: int = 0

    @property
    def exit_code(self) -> int:
        """0: all is well; 1: the harness works, a gradient is wrong; 2: the harness does not work."""
        return 2 if self.broken else 1 if self.wrong else 0

    def add(self, word: str, text: str) -> None:
        self.lines.append(f"{word:7} {text}")
        self.broken += word == "BROKEN"
        self.wrong += word == "WRONG"
        self.right += word == "ok"


def smoke(
    command: Sequence[str], *, words: Sequence[str] = (), dtypes: Sequence[str] = (), limits: Limits
) -> SmokeReport:
    """Start the program, send it one small case of every formula, stop it.

    Raises `UsageError` for a formula or dtype that the user names and the program does not claim.
    """
    report = SmokeReport()
    with Driver(command, limits) as driver:
        try:
            started = driver.start()
        except UsageError as error:
            report.add("BROKEN", str(error))
            report.lines.append("The harness does not start, so nothing else was tried.")
            return report
        said = started.implementation
        asked = choose_formulas(started.capabilities, words)
        spoken = choose_dtypes(started.capabilities, dtypes)
        count = len(asked.formulas)
        formulas = "1 formula" if count == 1 else f"{count} formulas"
        report.add("ok", f"start: {said.name} ({said.language}), {formulas} in {' and '.join(spoken)}")
        for remark in asked.remarks:
            report.add("note", remark)
        for formula in asked.formulas.values():
            for dtype in spoken:
                if report.broken < _MOST_FAULTS:
                    _try(report, driver, formula, dtype)
        remarks = driver.stop()
        for remark in remarks:
            report.add("BROKEN", f"stop: {remark}")
        if not remarks and not report.broken:
            report.add("ok", "stop")
    report.lines.append(_last_line(report))
    return report


def _last_line(report: SmokeReport) -> str:
    if report.broken:
        return (
            "The harness does not work yet. Mend that first; what it says of gradients means nothing so far."
        )
    if report.wrong:
        return "The harness works. Gradients are wrong: run again without --smoke to see where and why."
    return (
        "The harness works, and its gradients at these simple cases are right. Run again without --smoke to "
        "check the code."
    )


def _try(report: SmokeReport, driver: Driver, formula: Formula, dtype: str) -> None:
    name = formula.name if dtype == "<f8" else f"{formula.name} in {dtype}"
    try:
        case, expected, data = _trivial(formula, dtype)
    except (Unsupported, UsageError) as error:
        report.add("note", f"{name}: not tried: {error}")
        return
    try:
        reply = driver.ask(case)
        again = driver.ask(case)
    except (ProgramFault, Exhausted) as fault:
        report.add("BROKEN", f"{name}: {fault}")
        return
    if reply.skipped or reply.errored:
        word = "skips" if reply.skipped else "reports an error for"
        report.add("BROKEN", f"{name}: it claims this formula and {word} a simple case: {reply.message}")
        return
    assert reply.gradients is not None
    try:
        found = read_gradients(reply.gradients, formula.shapes.arguments, dtype, data)
    except CandidateFault as fault:
        report.add("BROKEN", f"{name}: {fault}")
        return
    told = next(_harness_faults(found, expected, dtype, reply, again), None)
    if told is not None:
        report.add("BROKEN", f"{name}: {told}")
        return
    pairs = [(n, g, expected[n]) for n, g in found.items() if g is not None and n in expected]
    wrong = [_words(n, g, right) for n, g, right in pairs if not _close(g, right, FLOATS[dtype].unit)]
    if wrong:
        report.add("WRONG", f"{name}: the harness works, and the gradient of {' and '.join(wrong)} is wrong")
        return
    report.add("ok", name)
    if name == "identity":
        _special(report, driver, formula)


def _trivial(formula: Formula, dtype: str) -> tuple[Case, dict[str, NDArray[Any]], set[str]]:
    """A case of small sizes, all different, its right gradients, and the arguments that are data.

    Raises `Unsupported`, `UsageError`.
    """
    bound, names = formula.given_sizes, formula.free_sizes
    sizes, _ = plan(names, lambda s: formula.allows({**bound, **s}))
    if not sizes:
        raise UsageError("no sizes satisfy its declaration")
    oracle = Oracle(formula)
    inputs, delta = oracle.draw({**bound, **sizes[0]}, seed=1)
    rounded = FLOATS[dtype].rounded
    inputs = {n: rounded(a) for n, a in inputs.items()}
    delta = tuple(map(rounded, delta)) if isinstance(delta, tuple) else rounded(delta)
    reference = oracle.at(inputs, delta)
    args = tuple(inputs.values())
    gradients = {n: g.value for n, g in reference.gradients.items()}
    return make_case(formula, dtype, delta, args), gradients, data_arguments(formula, delta, args)


def _harness_faults(
    found: dict[str, NDArray[Any] | None],
    expected: dict[str, NDArray[Any]],
    dtype: str,
    reply: Reply,
    again: Reply,
) -> Iterator[str]:
    """What is wrong with how the arrays are read or written, whatever the gradients are."""
    if reply.gradients != again.gradients:
        yield "the same case asked twice gives two answers"
    if decimals_differ(reply.gradients or {}):
        yield "dec says something else than b64; b64 is what counts, so leave dec out or write the same"
    for name, values in found.items():
        right = expected.get(name)
        if values is None or right is None or values.shape != right.shape or _close(values, right):
            continue
        swapped = FLOATS[dtype].numpy()
        if _close(values.astype(swapped).byteswap().view(swapped).astype(np.float64), right):
            yield f"the bytes of the gradient of {name} are big-endian; b64 is little-endian"


def _words(name: str, values: NDArray[Any], right: NDArray[Any]) -> str:
    """A wrong gradient, with a word on what is seen at once."""
    if values.shape != right.shape:
        return f"{name} (its shape is {list(values.shape)}, that of {name} is {list(right.shape)})"
    if values.ndim > 1 and _close(values.reshape(right.shape[::-1]).T, right):
        return f"{name} (written column by column? the order is row by row, as in C)"
    return name


def _close(values: NDArray[Any], right: NDArray[Any], unit: float = 0.0) -> bool:
    if values.shape != right.shape or not np.isfinite(values).all():
        return False
    return bool(
        np.max(np.abs(values - right), initial=0.0)
        <= max(_SAME_DIGITS, _ROUNDINGS * unit) * np.max(np.abs(right), initial=0.0)
    )


def _special(report: SmokeReport, driver: Driver, formula: Formula) -> None:
    """z = x gives delta back, so it shows whether every number passes unharmed."""
    case = make_case(formula, "<f8", _SPECIAL, (_SPECIAL,))
    try:
        reply = driver.ask(case)
    except (ProgramFault, Exhausted) as fault:
        report.add("BROKEN", f"identity of special numbers: {fault}")
        return
    if reply.skipped or reply.errored:
        report.add("note", f"identity of special numbers: declined: {reply.message}")
        return
    found = (reply.gradients or {}).get("x")
    try:
        values = read_array(found) if found else None
    except UsageError as error:
        report.add("BROKEN", f"identity of special numbers: {error}")
        return
    if values is not None and values.tobytes() == _SPECIAL.tobytes():
        report.add("ok", "infinities, -0.0 and the smallest numbers come back as they were")
    else:
        report.add("BROKEN", "infinities, -0.0 or the smallest numbers do not come back as they were sent")
