"""`gradcheck replay`: run recorded counterexamples again."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradcheck.cli.options import debug_option, dtype_options, report_dir_option

if TYPE_CHECKING:
    from gradcheck.formulas.claim import Claim
    from gradcheck.records.types import ClaimRow

__all__ = ["replay"]


@click.command()
@click.argument("what", metavar="ID|FILE")
@dtype_options
@report_dir_option
@debug_option
@click.pass_context
def replay(ctx: click.Context, what: str, dtype: str | None, grade: str | None, report_dir: Path) -> None:
    """Run counterexamples of an earlier run again.

    FILE is a log. ID is a claim, a formula or an id of the derivation, looked up in the log of the
    report folder. They run in the type and by the grade of that run, unless --dtype or --grade is given.

    Exits with 0 when every one is fixed (or still refutes a declared erratum), 1 when one still fails,
    2 when one cannot be run. Of a whole log that is incomplete it is never 0.
    """
    from gradcheck.errors import UsageError
    from gradcheck.records.reading import read_log
    from gradcheck.running.in_dtype import Twins
    from gradcheck.running.replay import replay_counterexample

    path = Path(what)
    whole = path.suffix == ".jsonl" or path.is_file()
    log = read_log(path if whole else report_dir / "run.jsonl")
    rows = list(log.claims) if whole else _named(log.claims, what, log.missing, report_dir)
    if not log.complete:
        click.echo("The log is incomplete; what is in it is replayed.", err=True)
    codes: list[int] = []
    claims = _Claims()
    command = log.header.command
    twins = Twins(dtype or _given(command, "--dtype"), grade or _given(command, "--grade"))
    for row in rows:
        if row.counterexample is None:
            if not row.as_declared:
                click.echo(f"{row.uid}: {row.verdict}, and there is no counterexample to run")
            continue
        try:
            outcome = replay_counterexample(twins.of(claims.now(row)), row.counterexample)
        except UsageError as error:  # one that cannot be run does not keep the others from running
            codes.append(2)
            click.echo(f"{row.uid}: cannot be run: {error}")
            continue
        codes.append(_code(row, outcome.status))
        word = {"fixed": "fixed", "failing": "still failing"}.get(outcome.status, "cannot be run")
        declared = _DECLARED.get((row.expected, outcome.status), "")
        click.echo(f"{row.uid}: {word}{declared}")
        if codes[-1] and outcome.text:
            click.echo("\n".join(f"  {line}" for line in outcome.text.splitlines()))
    if not codes:
        click.echo("No counterexample is recorded there: nothing to run again.")
        fine = bool(rows) and all(row.as_declared for row in rows)
        ctx.exit(1 if not log.complete else 0 if fine else 2)
    ctx.exit(max(*codes, int(whole and not log.complete)))


def _given(command: str, option: str) -> str | None:
    """What the command of a run gives for an option."""
    try:
        words = shlex.split(command)
    except ValueError:  # of a log that somebody wrote by hand
        return None
    return words[words.index(option) + 1] if option in words[:-1] else None


_DECLARED = {
    ("fail", "failing"): ", as declared: it is an erratum",
    ("fail", "fixed"): ": this declared erratum is refuted no longer",
}


def _code(row: ClaimRow, status: str) -> int:
    if status not in {"fixed", "failing"}:
        return 2
    return int((status == "failing") != (row.expected == "fail"))


def _named(
    claims: tuple[ClaimRow, ...], name: str, missing: tuple[str, ...], report_dir: Path
) -> list[ClaimRow]:
    import difflib

    from gradcheck.errors import UsageError

    found = [row for row in claims if name in {row.uid, row.formula}] or [
        row for row in claims if row.id is not None and row.id.lower() == name.lower()
    ]
    if found:
        return found
    if name in missing:
        raise UsageError(f"{name}: that run was interrupted before it came to this claim.")
    known = dict.fromkeys(n for row in claims for n in (row.uid, row.formula, row.id) if n)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    raise UsageError(f"{report_dir / 'run.jsonl'}: there is no claim, formula or id {name!r}.{hint}")


class _Claims:
    """The claims as their files have them now: the user's file if it is there, else the catalogue."""

    def __init__(self) -> None:
        self._loaded: dict[Path, list[Claim]] = {}

    def now(self, row: ClaimRow) -> Claim:
        from gradcheck.errors import UsageError
        from gradcheck.running.registry import catalogue, layers

        again = row.counterexample.replay if row.counterexample else None
        if again is not None and (again.startswith("gradcheck external") or " --backward " in again):
            raise UsageError(f"it is declared nowhere; run {again} again.")
        package = Path(__file__).parent.parent.resolve()
        for source in dict.fromkeys([row.candidate.file, row.forward.file]):
            file = Path(source)
            if file.suffix != ".py" or not file.is_file() or file.resolve().is_relative_to(package):
                continue
            for claim in self._in_file(file):
                if claim.uid == row.uid:
                    return claim
        for formula in (*catalogue(), *layers()):
            for claim in formula.claims:
                if claim.uid == row.uid:
                    return claim
        raise UsageError(
            f"neither {row.candidate.file} nor the catalogue has this claim now; run the command in the "
            "folder where the run was made."
        )

    def _in_file(self, file: Path) -> list[Claim]:
        from gradcheck.running.registry import load_file

        if file not in self._loaded:
            self._loaded[file] = [claim for formula in load_file(file) for claim in formula.claims]
        return self._loaded[file]
