"""Writes `autograd-rules.md`: HIPS autograd's own VJP rules, run through `gradcheck.verify` as candidates.

    python docs/generate_autograd_rules.py [--only WORD] [--out FILE]

With ``--only`` the calls that hold the word are run and listed, and no page is written.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import functools
import io
import sys
import warnings
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import autograd.numpy as anp
from autograd.numpy import numpy_wrapper
from autograd_cases import CASES, Case
from autograd_findings import CORNERS, FINDINGS, PRELUDE

import gradcheck
from gradcheck.adapters import autograd_primitive

HERE = Path(__file__).parent

WRAPPED = {
    "mean": numpy_wrapper._primitive_mean,  # noqa: SLF001  (the primitive behind a thin function)
    "var": numpy_wrapper._primitive_var,  # noqa: SLF001
    "std": numpy_wrapper._primitive_std,  # noqa: SLF001
    "where": anp._original_where,  # noqa: SLF001
    "linalg.norm": anp.linalg._primitive_norm,  # noqa: SLF001
}


INTRODUCTION = """\
[HIPS autograd](https://github.com/HIPS/autograd) holds a hand-written VJP rule for every NumPy function that
it differentiates: a large body of backward passes that many people use. This page runs {calls} calls of
{functions} functions through `gradcheck.verify` at its default settings. The candidate is autograd's rule as
it stands, the forward is NumPy's function, and the truth is gradcheck's."""

COUNTS = """\
autograd {autograd}, NumPy {numpy}. **{count} calls pass** ({passed}); {rest}. What did not pass was looked
into by hand, with programs that need nothing but autograd and NumPy: {whose}."""

READING = """\
The rules run in ball arithmetic as they are, since they are NumPy code. *Agreed* stands where something
in the rule does not (a cast, a LAPACK call), or where rounded constants such as `log(2)` are all that
differs. *Points* are shapes and values that were tried; at a kink no derivative exists, and only what
lies outside the one-sided slopes counts against a rule.

The first runs found mistakes on our side as well, which were put right before the page was made: JAX
averages the two triangles of a symmetric matrix where NumPy reads one, and orders a partition otherwise;
the error bound of XLA's pseudo-inverse was too narrow; a float difference took the jumps of `remainder`
for a slope; an empty diagonal ended the run; `solve` did not broadcast in ball arithmetic."""


@dataclass(frozen=True)
class Row:
    """One call with what gradcheck found."""

    case: Case
    result: gradcheck.Result

    @property
    def function(self) -> str:
        return self.case.call.split("(")[0].split("[")[0]

    def cells(self) -> list[str]:
        case, result = self.case, self.result
        shapes = ", ".join(f"{name}: {text or 'a scalar'}" for name, text in case.shapes.items())
        finding = FINDINGS.get(case.finding) if not result.passed else None
        who = f"[{finding.verdict}](#autograd-{case.finding})" if finding else ""
        kinks = max((b.kinks for b in result.backends), default=0)
        points = f"{result.row.points}" + (f", {kinks} at kinks" if kinks else "")
        said = "" if result.passed else (result.row.reason or "").replace("|", "\\|")
        words = f"{shapes}; {case.note}" if case.note else shapes
        return [f"`{case.call}`", words, result.verdict.value, result.strength or "", points, said, who]


def main() -> int:
    """Run, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only")
    parser.add_argument("--out", type=Path, default=HERE / "autograd-rules.md")
    options = parser.parse_args()
    groups: dict[str, list[Row]] = {}
    for title, cases in CASES.items():
        chosen = [c for c in cases if options.only is None or options.only in c.call]
        groups[title] = [Row(case, check(case)) for case in chosen]
        for row in groups[title]:
            print(" | ".join(row.cells()), flush=True)
    rows = [row for group in groups.values() for row in group]
    unexplained = [r.case.call for r in rows if not r.result.passed and r.case.finding not in FINDINGS]
    if unexplained:
        print(f"not passed and not explained: {', '.join(unexplained)}", file=sys.stderr)
    if options.only is None:
        options.out.write_text(page(groups), "utf-8")
    return 1 if unexplained else 0


def check(case: Case) -> gradcheck.Result:
    """`verify` at its default settings, with the rule as the candidate and NumPy as the forward."""
    return gradcheck.verify(*pair(case), shapes=case.shapes, values=case.values or None, where=case.where)


def pair(case: Case) -> tuple[Any, Any]:
    """The forward and the backward of a call: a primitive's own rule, or autograd's tracing of indexing."""
    tree = ast.parse(case.call, mode="eval").body
    if isinstance(tree, ast.Subscript):
        return autograd_primitive(lambda x, i: x[i], forward=lambda x, i: x[i])
    assert isinstance(tree, ast.Call)
    name = ast.unparse(tree.func)
    function = WRAPPED.get(name) or functools.reduce(getattr, name.split("."), anp)
    fixed = {
        place: ast.literal_eval(node)
        for place, node in enumerate(tree.args)
        if not (isinstance(node, ast.Name) and node.id in case.shapes)
    }
    keywords = {str(k.arg): ast.literal_eval(k.value) for k in tree.keywords}
    return autograd_primitive(functools.partial(function, **keywords), fixed=fixed)


def page(groups: dict[str, list[Row]]) -> str:
    """The whole page."""
    rows = [row for group in groups.values() for row in group]
    verdicts = Counter(r.result.verdict.value for r in rows)
    strengths = Counter(r.result.strength.value for r in rows if r.result.strength)
    passed = ", ".join(f"{n} {s}" for s, n in strengths.most_common())
    rest = ", ".join(f"{n} {v}" for v, n in verdicts.most_common() if v != "pass")
    whose = Counter(FINDINGS[r.case.finding].verdict for r in rows if not r.result.passed)
    parts = [
        "<!-- Made by docs/generate_autograd_rules.py; do not edit. -->",
        "# autograd's own rules, checked",
        INTRODUCTION.format(calls=len(rows), functions=len({r.function for r in rows})),
        COUNTS.format(
            autograd=version("autograd"),
            numpy=version("numpy"),
            count=verdicts["pass"],
            passed=passed,
            rest=rest,
            whose=", ".join(f"{who} in {n}" for who, n in whose.most_common()),
        ),
        READING,
    ]
    for title, group in groups.items():
        parts += [f"## {title}", _table(group)]
    parts += ["## What did not pass", "Every program below starts with", _block("python", PRELUDE.strip())]
    used = dict.fromkeys(r.case.finding for r in rows if not r.result.passed)
    for key in [k for k in FINDINGS if k in used]:
        finding = FINDINGS[key]
        parts += [f"(autograd-{key})=\n### {finding.title}"]
        parts += [f"{finding.verdict.capitalize()}. {finding.text}"]
        parts += [_block("python", finding.code.strip()), _block("text", run(finding.code))]
    parts += ["## Where no derivative exists", _conventions()]
    return "\n\n".join(parts) + "\n"


def run(code: str) -> str:
    """What a finding's program prints."""
    scope: dict[str, Any] = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(PRELUDE + code, scope)  # noqa: S102  (our own programs)
    return "\n".join(line.rstrip() for line in printed.getvalue().strip().splitlines())


def _conventions() -> str:
    """autograd's answers at kinks, and at the edge of what is finite."""
    lines = [
        "What autograd answers there is a convention, none of which gradcheck refutes:",
        "",
        "| point | autograd |",
        "|---|---|",
    ]
    for words, function, x in CORNERS:
        code = f"print(rule({function}, np.array({x}), 1.0))"
        lines.append(f"| {words} | `{run(code)}` |")
    return "\n".join(lines)


def _table(rows: list[Row]) -> str:
    head = ["call", "arguments", "verdict", "strength", "points", "gradcheck says", "who is right"]
    lines = [head, ["---"] * len(head), *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


if __name__ == "__main__":
    sys.exit(main())
