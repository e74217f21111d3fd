"""Runs the Python examples of a page, one after the other, and holds what they print against the page.

A block marked `<!-- run -->` is run in the page's own namespace. A block marked `<!-- prints -->` after
it is what it prints, apart from times and from the digits that floating point loses: NumPy adds in another
order on another processor. `python docs/examples.py --write PAGE...` puts in what is printed.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import re
import sys
from pathlib import Path

BLOCK = re.compile(r"<!-- (?P<kind>run|prints) -->\n```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL)
TIME = re.compile(r"\([\d.]+ m?s\)")
DIGITS = re.compile(r"(float(?:64|32): loses) .*")


def examples(page: Path) -> list[tuple[str, str, str]]:
    """Every example's code, what it prints, and what the page says that it prints."""
    text = page.read_text("utf-8")
    namespace: dict[str, object] = {"__name__": "__main__"}
    found: list[list[str]] = []
    for number, match in enumerate(BLOCK.finditer(text)):
        if match["kind"] == "prints":
            found[-1][2] = match["text"]
            continue
        code = match["text"]
        name = str(page.with_suffix(f".{number}.py").name)
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)  # shown as source
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, name, "exec"), namespace)  # noqa: S102  (our own page)
        found.append([code, printed.getvalue(), ""])
    return [(code, printed, shown) for code, printed, shown in found]


def comparable(text: str) -> str:
    """A text without what differs from run to run and from machine to machine."""
    return DIGITS.sub(r"\1 ...", TIME.sub("(time)", text)).strip()


def write(page: Path) -> None:
    """Put what the examples print into the page."""
    printed = iter([p for _, p, _ in examples(page)])
    current = ""

    def replaced(match: re.Match[str]) -> str:
        nonlocal current
        if match["kind"] == "run":
            current = next(printed)
            return match[0]
        return f"<!-- prints -->\n```{match['language']}\n{current.strip()}\n```"

    page.write_text(BLOCK.sub(replaced, page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if not arguments or arguments[0] != "--write":
        sys.exit(__doc__)
    for argument in arguments[1:]:
        write(Path(argument))
