"""Checking a program: the stream of records that any run gives, with its gradients as candidates."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from gradcheck.errors import Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.oracles.protocol.candidate import Foreign
from gradcheck.oracles.protocol.cases import make_case
from gradcheck.oracles.protocol.driver import Driver, Limits
from gradcheck.oracles.protocol.messages import VERSION, Command, Run, Start, Stop
from gradcheck.oracles.protocol.selection import choose_dtypes, choose_formulas
from gradcheck.records.arrays import decode
from gradcheck.records.types import ClaimRow, Counterexample, Footer, Record, Source
from gradcheck.running.stream import RunOptions, run

__all__ = ["external"]


def external(
    command: Sequence[str],
    options: RunOptions,
    *,
    words: Sequence[str] = (),
    dtypes: Sequence[str] = (),
    limits: Limits | None = None,
    again: Sequence[str] = (),
    cases: Path | None = None,
) -> Iterator[Record]:
    """Start the program once and check the vjp of every formula that it claims.

    ``words`` and ``dtypes`` narrow down what is checked; ``again`` is the command line, up to the
    formula, that checks one again; into the folder ``cases`` goes the smallest failing case of every
    claim, as the lines that the program reads. Closing the iterator ends the program.

    Raises `UsageError`, before the first record, where the program cannot be started, does not answer
    `start` as it must, or has nothing that can be checked.
    """
    with Driver(command, limits) as driver:
        started = driver.start()
        asked = choose_formulas(started.capabilities, words)
        spoken = choose_dtypes(started.capabilities, dtypes)
        options = replace(options, remarks=(*options.remarks, *asked.remarks))
        claims: dict[str, tuple[Claim, Foreign, str]] = {}
        for word, formula in asked.formulas.items():
            for dtype in spoken:
                foreign = Foreign(driver, formula, dtype)
                claim = foreign.claim()
                claims[claim.uid] = claim, foreign, word
        taken: set[str] = set()
        for record in run([claim for claim, _, _ in claims.values()], options):
            if isinstance(record, ClaimRow):
                _, foreign, word = claims[record.uid]
                yield _told(record, foreign, [*again, "--formula", word], cases, taken)
            elif isinstance(record, Footer):
                # a program that fails at every case is judged: that it fails is what was asked
                code, remarks = min(record.exit_code, 1), [*record.remarks, *_end(driver)]
                yield msgspec.structs.replace(record, exit_code=code, remarks=remarks)
            else:
                yield record


def _end(driver: Driver) -> list[str]:
    """Stop the program; sentences on how it did."""
    said = driver.started.implementation
    remarks = [f"after stop: {remark}" for remark in driver.stop()]
    version = f" {said.version}" if said.version else ""
    times = f", started again {driver.restarts} times" if driver.restarts else ""
    return [f"{said.name}{version} ({said.language}): {driver.cases} cases sent{times}.", *remarks]


def _told(row: ClaimRow, foreign: Foreign, again: list[str], cases: Path | None, taken: set[str]) -> ClaimRow:
    """The row, speaking of the program instead of the function that stands for it."""
    said = foreign.driver.started.implementation
    command = shlex.join(foreign.driver.command)
    # that a program runs in floating point goes without saying
    notes = [*(n for n in row.notes if foreign.floats not in n), *foreign.notes]
    found = row.counterexample
    if found is not None:
        found = msgspec.structs.replace(found, replay=shlex.join([*again, "--", *foreign.driver.command]))
        written = _write_case(row, found, foreign, cases, taken) if cases is not None else None
        notes += [f"the program reads this case with: {command} < {shlex.quote(written)}"] if written else []
    if row.verdict == "error" and foreign.stderr:
        notes.append("standard error ended with: " + " | ".join(foreign.stderr))
    source = Source(file=command, line=0, text=f"{said.name}, a program in {said.language}: {command}")
    return msgspec.structs.replace(row, candidate=source, counterexample=found, notes=notes, proof=None)


def _write_case(
    row: ClaimRow, found: Counterexample, foreign: Foreign, folder: Path, taken: set[str]
) -> str | None:
    """Write the failing case as the program's input; the file, or None where it cannot be written.

    ``taken`` are the names that this run gave to files, and gets this one.
    """
    args = tuple(decode(found.inputs[n]) for n in foreign.formula.shapes.arguments)
    deltas = tuple(decode(d) for d in found.delta)
    try:
        delta = deltas if len(deltas) > 1 else deltas[0]
        case = make_case(foreign.formula, foreign.dtype, delta, args)
    except Unsupported:
        return None
    lines: list[Command] = [Start(version=VERSION), Run(seq=1, case=case), Stop()]
    name = "".join(c if c.isalnum() or c in "-_" else "-" for c in row.uid.rpartition("/")[2])
    if name in taken:  # `a.b` and `a-b`: neither may cost the other its case
        name += f"-{len(taken) + 1}"
    taken.add(name)
    file = folder / f"case-{name}.jsonl"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    except OSError:  # the log, which goes to the same folder, will say why
        return None
    return str(file)
