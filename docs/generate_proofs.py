"""Writes the tables of `proofs.md`: what is proved for all shapes, and where a proof stops and why.

    python docs/generate_proofs.py [--check]

With ``--check`` nothing is written; the exit code is 1 where the page is not what would be written.
"""

from __future__ import annotations

import functools
import re
import sys
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from gradcheck.backend import GeneralDerivative  # noqa: E402
from gradcheck.catalogue import formulas  # noqa: E402
from gradcheck.errors import Unsupported  # noqa: E402
from gradcheck.formulas.decorating import Formula  # noqa: E402
from gradcheck.judging.answers.backends import discover  # noqa: E402
from gradcheck.judging.points.generation import generate  # noqa: E402
from gradcheck.judging.session import Session  # noqa: E402
from gradcheck.proofs import Memory, general_opinion, prove  # noqa: E402
from tests.modes.proving import MODES, claims  # noqa: E402
from tests.trust.corpus import CORPUS  # noqa: E402

PAGE = HERE / "proofs.md"
BEGIN, END = "<!-- begin: {} (docs/generate_proofs.py) -->", "<!-- end: {} -->"


def catalogue_table() -> str:
    """One row a formula: its claims, proved or errata that are not."""
    rows = ["| formula | claims | proved | assuming, beside sizes from 1 |", "|---|---|---|---|"]
    right = proved = errata = 0
    for formula in formulas():
        memory = Memory(formula)
        found = [(claim, prove(claim, memory, steps=False)) for claim in formula.claims]
        wanted = [(c, p) for c, p in found if c.expected == "pass"]
        good = [p for _, p in wanted if p.status == "proved"]
        right, proved = right + len(wanted), proved + len(good)
        errata += len(found) - len(wanted)
        assert all(p.status != "proved" for c, p in found if c.expected != "pass")
        assumed = dict.fromkeys(a for p in good for a in p.assumptions if not a.endswith(">= 1"))
        kinds = ", ".join(f"{n} {kind}" for kind, n in Counter(c.kind.name for c, _ in wanted).items())
        rows.append(f"| `{formula.name}` | {kinds} | {len(good)} of {len(wanted)} | {_listed(assumed)} |")
    lead = (
        f"{proved} of the catalogue's {right} right claims are proved. None of its {errata} errata is; a run "
        "refutes each."
    )
    return f"{lead}\n\n" + "\n".join(rows)


def users_table() -> str:
    """Formulas as users write them: those that are proved, and one row for each that is not."""
    proved, rows = [], ["| formula | where the proof stops |", "|---|---|"]
    for name, formula in CORPUS.items():
        proof = prove(formula.claims[-1], steps=False)
        if proof.status == "proved":
            proved.append(f"`{name}`")
        else:
            rows.append(f"| `{name}` | {_reason(proof.reason or '')} |")
    lead = f"{len(proved)} of {len(CORPUS)} formulas of the trust corpus are proved: {', '.join(proved)}."
    return (
        f"{lead}\n\nFor the others the evidence of the comparison stands, and the proof stops here:\n\n"
        + "\n".join(rows)
    )


def modes_table() -> str:
    """Forward mode, second order, complex numbers and spaces: what is proved, and where a proof stops."""
    counts = ["| corpus | formulas | forward runs on symbols | proved |", "|---|---|---|---|"]
    rows = ["| corpus | formula | where the proof stops |", "|---|---|---|"]
    for mode in MODES:
        found = {name: prove(right, steps=False) for name, (right, _) in claims(mode).items()}
        proved = sum(p.status == "proved" for p in found.values())
        stopped = sum((p.reason or "").startswith("the forward: ") for p in found.values())
        counts.append(f"| {mode} | {len(found)} | {len(found) - stopped} | {proved} |")
        rows += [
            f"| {mode} | {name} | {_reason(proof.reason or '')} |"
            for name, proof in found.items()
            if proof.status != "proved"
        ]
    return "\n".join(counts) + "\n\nThe others stop here:\n\n" + "\n".join(rows)


@functools.cache
def opinions_table() -> str | None:
    """JAX's derivative for all shapes beside ours, for every formula whose forward runs on symbols: how
    many have one normal form, and a row for each that has not. None where no backend can be asked.
    """
    rows = ["| formula | proved | what JAX's derivative is |", "|---|---|---|"]
    counts: Counter[tuple[str, bool, bool]] = Counter()
    places = [("catalogue", f) for f in formulas()] + [("trust corpus", f) for f in CORPUS.values()]
    for place, formula in places:
        derivative = _derivative(formula)
        if derivative is None:
            return None
        memory = Memory(formula)
        proved = any(prove(c, memory, steps=False).status == "proved" for c in formula.claims)
        try:
            opinion = general_opinion(memory, derivative)
        except Unsupported:  # nothing of ours to compare with
            assert not proved
            continue
        assert not opinion.wrong, f"{formula.name}: {opinion.words}"
        counts[place, proved, opinion.agrees] += 1
        if not opinion.agrees:
            rows.append(f"| `{formula.name}` | {'yes' if proved else 'no'} | {opinion.words} |")
    said = [
        f"{counts[place, True, True]} of the {counts[place, True, True] + counts[place, True, False]} proved "
        f"formulas of the {place}"
        for place in ("catalogue", "trust corpus")
    ]
    both = [counts["trust corpus", False, agrees] for agrees in (True, False)]
    lead = (
        f"JAX's derivative has the same normal form as ours for {said[0]}, for {said[1]}, and for {both[0]} "
        f"of {sum(both)} more whose forward runs on symbols but whose proof is open."
    )
    return lead + (f" The rest:\n\n{chr(10).join(rows)}" if len(rows) > 2 else "")


def _derivative(formula: Formula) -> GeneralDerivative | None:
    point = generate(formula, max_examples=1, seed=0).points[-1]
    return next(Session(formula, discover()).general(point), None)


def _listed(assumptions: dict[str, None]) -> str:
    texts = [a for a in assumptions if len(a) < 60]
    more = len(assumptions) - len(texts)
    return "; ".join([*texts, *([f"{more} more, of inner layers"] if more else [])])


def _reason(text: str) -> str:
    """Without the line of the code, and not longer than a line."""
    text = re.sub(r" \([\w./]+\.py:\d+.*\)$", "", text).removeprefix("the forward: ")
    return (text[:110] + "...") if len(text) > 113 else text


def page(current: str) -> str:
    """The page with its tables made anew; JAX's as it is, where JAX is not installed."""
    tables = {
        "catalogue": catalogue_table(),
        "users": users_table(),
        "modes": modes_table(),
        "opinions": opinions_table(),
    }
    for name, table in tables.items():
        if table is None:
            continue
        begin, end = BEGIN.format(name), END.format(name)
        before, _, rest = current.partition(begin)
        _, _, after = rest.partition(end)
        current = f"{before}{begin}\n{table}\n{end}{after}"
    return current


def main() -> int:
    current = PAGE.read_text()
    wanted = page(current)
    if "--check" in sys.argv[1:]:
        print("as it should be" if wanted == current else "out of date: run python docs/generate_proofs.py")
        return int(wanted != current)
    PAGE.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
