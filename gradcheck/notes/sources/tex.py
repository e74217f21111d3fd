"""Formulas in TeX files: environments and dollars. Comments are left out, nothing is input or carried out."""

from __future__ import annotations

import re

from gradcheck.notes.sources.scanning import scan
from gradcheck.notes.sources.source import Builder, Source

__all__ = ["read_tex"]

_GRADCHECK = re.compile(r"%+\s*gradcheck:(?P<text>[^\n]*)")
_SECTION = re.compile(
    r"\\(?:chapter|section|subsection|subsubsection|paragraph)\*?\s*[\[{]|^(?:\\noindent\s*)?\\textbf\{[^{}\n]{1,60}[.:]\}",
    re.MULTILINE,
)


def read_tex(text: str) -> Source:
    r"""All formulas, declarations and sections of a TeX text. The preamble has no formulas."""
    builder = Builder(text)
    begin = text.find("\\begin{document}")
    sections = [m.start() for m in _SECTION.finditer(text)]
    for span in scan(text, tex=True):
        while sections and sections[0] < span.opened:
            builder.heading()
            sections.pop(0)
        if span.kind == "comment":
            found = _GRADCHECK.match(text, span.start, span.end)
            if found is not None:
                builder.comment(found["text"], found.start("text"))
        elif span.kind in {"display", "inline"} and span.opened >= begin:
            builder.formula(span.start, span.end, display=span.kind == "display")
    return builder.source
