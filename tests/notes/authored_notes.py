"""Notes written for the tests, with the truth of each claim beside it as numbers that anyone can run.

`<!-- right: A == B -->` (in TeX `%: right: A == B`) before a formula says that it is right, and that the
Python expressions A and B, worked out without gradcheck, are equal at the numbers that the block
`<!-- numbers ... -->` draws; `wrong` that they are not. A formula without a mark is a definition or a
remark, and must not be called wrong.
"""

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("authored")
_MARK = re.compile(
    r"(?:<!-- (right|right-if|wrong|refused): (.*?) -->|%: (right|right-if|wrong|refused): (.*)$)"
)
_NUMBERS = re.compile(r"<!-- numbers\n(.*?)-->", re.DOTALL)


@dataclass(frozen=True)
class Mark:
    """What is true of the formula that follows line ``line``, and the expressions that show it."""

    note: str
    line: int
    last: int  # the last line of the formula
    truth: str
    shown: str


def notes():
    return sorted(p for p in FOLDER.iterdir() if p.suffix in {".md", ".tex", ".ipynb"})


def marks(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    found = []
    at = [k for k, line in enumerate(lines) if _MARK.search(line)]
    for k in at:
        match = _MARK.search(lines[k])
        assert match is not None
        last = k + 1
        if not lines[k][match.end() :].strip().startswith("$"):
            while last < len(lines) and lines[last].strip(' ",') not in {"", "\\n", "]"} and last not in at:
                last += 1
        found.append(Mark(path.name, k + 1, last, match[1] or match[3], _plain(match[2] or match[4], path)))
    return found


def _plain(shown, path):
    return shown.replace('\\"', '"') if path.suffix == ".ipynb" else shown


def numbers(path):
    """The code that draws the numbers of a note."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".tex":
        lines = [line[3:] for line in text.splitlines() if line.startswith("%: ")]
        return "\n".join(x for x in lines if not re.match(r"(numbers$|right|wrong|refused)", x))
    if path.suffix == ".ipynb":
        import json

        text = "\n".join("".join(c["source"]) for c in json.loads(text)["cells"])
    match = _NUMBERS.search(text)
    assert match is not None, path
    return match[1]


def of_mark(mark, records):
    """The records of the formula that a mark is about."""
    own = [r for r in records if mark.line <= r.line <= mark.last]
    return [r for r in own if r.kind != "definition"] or own
