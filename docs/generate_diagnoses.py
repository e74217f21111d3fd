"""Writes `diagnoses.md` and a page for each family of formulas in `diagnoses/`: what gradcheck says of every
wrong twin in the tests, and what is right to say.

    python docs/generate_diagnoses.py [--only WORD] [--jobs N]

Every twin is checked at the default settings of `gradcheck.verify`. With ``--only`` the twins whose label
holds the word are checked and listed, and no page is written.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from gradcheck.checking.claim_check import check_claim  # noqa: E402
from gradcheck.checking.writing import outcome as writing  # noqa: E402
from gradcheck.diagnosis.kinds import UNEXPLAINED  # noqa: E402
from gradcheck.judging.answers.backends import choose  # noqa: E402
from gradcheck.judging.points.generation import generate  # noqa: E402
from gradcheck.judging.session import Session  # noqa: E402
from gradcheck.records.types import Diagnosis  # noqa: E402
from tests.diagnosis.expected import added_to  # noqa: E402
from tests.diagnosis.wrong_ones import WrongOne, outcome, wrong_ones  # noqa: E402

PAGE = HERE / "diagnoses.md"
FOLDER = HERE / "diagnoses"
TITLES = {"catalogue": "The catalogue's twins", "trust": "The trust corpus"}
FAMILIES = {
    "matrices": ("Matrices, layouts and linear maps", ("linear", "layouts", "matrices")),
    "activations": ("Activations", ("activations",)),
    "costs": ("Costs and softmax", ("costs", "softmaxes")),
    "layers": ("Layers, nets and gradient descent", ("layer", "layers", "network", "example", "descent")),
    "chain-rule": ("The chain rule", ("chain",)),
    "layer-chain": ("Chains of layers", ("layer_chain",)),
    "norms": ("Normalisations", ("norms",)),
    "convolutions": ("Convolutions and pooling", ("convolutions",)),
    "sequences": ("Sequences and attention", ("sequences", "attention")),
}
"""Page -> its title, and the modules of the two corpora whose formulas it has."""
EXAMPLES = 50
_PLACE = re.compile(r" \([\w.-]+\.py:\d+(, called from [\w.-]+\.py:\d+)?\)")

INTRODUCTION = """\
A diagnosis is worth something only if it is right, so it is measured. The tests hold {total} wrong
versions of right code: {catalogue} of the catalogue, and {trust} of the trust corpus, formulas as users write
them. gradcheck refutes every one. These pages show what it then says is wrong, at its default settings.

Which explanations are right was written down for each of them before there was a diagnosis to try, as words
of a vocabulary (`tests/diagnosis/expected.py`). An explanation counts as **right** if every word that
gradcheck gives is among them, as **wrong** if one is not, and as **none** where it says "no simple
explanation"."""

COUNTS = """\
| | twins | right | none | wrong |
|---|---|---|---|---|
{rows}

One mistake can be told in several ways that are all true: summing all of delta where one entry belongs is
"the wrong entry" and also "summed over axis 0". {added} of the right ones are counted by words that were
added once gradcheck had given them, each with the reason why the sentence is true of the code (`ALSO_TRUE`
in the same file). They are marked with a star. {partly} of the right ones leave some of the wrong gradients
unexplained.

A diagnosis takes {median:.1f} seconds of one core at the median and {most:.0f} at most."""


@dataclass(frozen=True)
class Row:
    """One twin with what was said of it."""

    label: str
    diagnoses: list[Diagnosis]
    verdict: str
    seconds: float


def check(one: WrongOne, session: Session, points: object) -> Row:
    """The claim's row as `gradcheck.verify` makes it by default."""
    spent = []
    diagnosed = writing.diagnosed

    def timed(*args, **kwargs):
        start = time.process_time()
        try:
            return diagnosed(*args, **kwargs)
        finally:
            spent.append(time.process_time() - start)

    writing.diagnosed = timed
    try:
        row = check_claim(one.claim, seed=0, session=session, points=points).row
    finally:
        writing.diagnosed = diagnosed
    return Row(one.label, row.diagnosis, str(row.verdict), sum(spent))


def check_formula(key: tuple[str, str, str]) -> list[Row]:
    """All twins of one formula, which share the right derivatives."""
    corpus, name, word = key
    mine = [o for o in wrong_ones() if (o.corpus, o.claim.formula.name) == (corpus, name) and word in o.label]
    formula = mine[0].claim.formula
    session, points = Session(formula, choose(None)), generate(formula, max_examples=EXAMPLES, seed=0)
    return [check(one, session, points) for one in mine]


@dataclass(frozen=True)
class Line:
    """One twin as a page shows it: the cells of its row, the last of which is the outcome."""

    cells: list[str]
    partly: bool
    seconds: float

    @property
    def outcome(self) -> str:
        return self.cells[-1].rstrip("*")

    @property
    def added(self) -> bool:
        return self.cells[-1].endswith("*")


def line(one: WrongOne, row: Row) -> Line:
    return Line(_cells(one, row), _is_partly(one, row), row.seconds)


def pages(lines: dict[str, Line]) -> dict[Path, str]:
    """Every page with its text; ``lines`` by the label of the twin."""
    ones = wrong_ones()
    sizes = Counter(o.corpus for o in ones)
    members = {family: [o for o in ones if family_of(o) == family] for family in FAMILIES}
    parts = [
        "<!-- Made by docs/generate_diagnoses.py; do not edit. -->",
        "# What a diagnosis says",
        INTRODUCTION.format(total=len(ones), **sizes),
        COUNTS.format(
            rows="\n".join(
                _counts(t, [lines[o.label] for o in ones if o.corpus == c]) for c, t in TITLES.items()
            ),
            added=sum(found.added for found in lines.values()),
            partly=sum(found.partly for found in lines.values()),
            median=statistics.median(found.seconds for found in lines.values()),
            most=max(found.seconds for found in lines.values()),
        ),
        "## By family of formulas",
        "\n".join(
            ["| family | twins | right | none | wrong |", "|---|---|---|---|---|"]
            + [
                _counts(f"[{FAMILIES[family][0]}](diagnoses/{family}.md)", [lines[o.label] for o in mine])
                for family, mine in members.items()
            ]
        ),
        "```{toctree}\n:hidden:\n\n" + "\n".join(f"diagnoses/{family}" for family in FAMILIES) + "\n```",
    ]
    return {PAGE: "\n\n".join(parts) + "\n"} | {
        FOLDER / f"{family}.md": _family_page(family, mine, lines) for family, mine in members.items()
    }


def family_of(one: WrongOne) -> str:
    """The page that a twin stands on."""
    module = one.claim.formula.function.__module__.rpartition(".")[2]
    return next(family for family, (_, modules) in FAMILIES.items() if module in modules)


def _family_page(family: str, ones: list[WrongOne], lines: dict[str, Line]) -> str:
    parts = [
        "<!-- Made by docs/generate_diagnoses.py; do not edit. -->",
        f"# Diagnoses: {FAMILIES[family][0]}",
        (
            "What gradcheck says of wrong versions of right code, and what is right to say. "
            "[What a diagnosis says](../diagnoses.md) explains the columns and counts all of them."
        ),
    ]
    for corpus, title in TITLES.items():
        mine = [lines[o.label].cells for o in ones if o.corpus == corpus]
        head = ["twin", "what is wrong", "right to say", "gradcheck says", ""]
        table = [head, ["---"] * len(head), *mine]
        if mine:
            parts += [f"## {title}", "\n".join("| " + " | ".join(cells) + " |" for cells in table)]
    return "\n\n".join(parts) + "\n"


def _counts(title: str, lines: list[Line]) -> str:
    found = Counter(one.outcome for one in lines)
    share = f"{found['right']} ({100 * found['right'] / len(lines):.1f} %)"
    return f"| {title} | {len(lines)} | {share} | {found['none']} | {found['wrong']} |"


def _is_added(one: WrongOne, row: Row) -> bool:
    """Whether it is right only by words that were added later."""
    return outcome(one.expected, row.diagnoses) == "right" and any(
        d.kind in added_to(one.label) for d in row.diagnoses
    )


def _is_partly(one: WrongOne, row: Row) -> bool:
    kinds = [d.kind for d in row.diagnoses]
    return outcome(one.expected, row.diagnoses) == "right" and UNEXPLAINED in set(kinds) - one.expected


def _cells(one: WrongOne, row: Row) -> list[str]:
    formula, _, what = one.label.partition(": ")
    words = ", ".join(sorted(one.expected - added_to(one.label)))
    verdict = outcome(one.expected, row.diagnoses) + ("*" if _is_added(one, row) else "")
    return [f"`{formula}`", f"{what} ({one.mistake})", words, said(row.diagnoses), verdict]


def said(diagnoses: list[Diagnosis]) -> str:
    """What was said, one sentence for all quantities of which it was said; without places in the code."""
    by_text: dict[tuple[str, str], list[str]] = {}
    for d in diagnoses:
        by_text.setdefault((d.kind, _PLACE.sub("", d.text)), []).append(d.quantity)
    lines = []
    for (kind, text), quantities in by_text.items():
        names = ", ".join(q for q in quantities if q)
        lines.append(f"{names + ': ' if names else ''}{text}" + ("" if kind == UNEXPLAINED else f" ({kind})"))
    return "; ".join(lines).replace("|", "\\|") or "nothing"


def _checked(keys: Iterable[tuple[str, str, str]], jobs: int) -> Iterator[list[Row]]:
    # a process of its own for each job: JAX does not survive a fork
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(check_formula, keys, chunksize=1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    ones = {o.label: o for o in wrong_ones() if options.only in o.label}
    keys = dict.fromkeys((o.corpus, o.claim.formula.name, options.only) for o in ones.values())
    rows: dict[str, Row] = {}
    for found in _checked(keys, options.jobs):
        for row in found:
            rows[row.label] = row
            result = outcome(ones[row.label].expected, row.diagnoses)
            print(f"{result} | {row.label} | {said(row.diagnoses)} | {row.seconds:.2f} s", flush=True)
    wrong = [r.label for r in rows.values() if outcome(ones[r.label].expected, r.diagnoses) == "wrong"]
    if wrong:
        print(f"wrong explanations: {'; '.join(wrong)}", file=sys.stderr)
    if not options.only:
        FOLDER.mkdir(exist_ok=True)
        for file, text in pages({label: line(ones[label], row) for label, row in rows.items()}).items():
            file.write_text(text, "utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
