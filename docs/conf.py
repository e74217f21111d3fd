"""Sphinx's configuration: MyST Markdown, the reference from docstrings."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from generate_reference import public

from gradcheck import __version__

PUBLIC = public()
MODULES = ("adapters", "strategies", "backend", "errors")

project = "gradcheck"
author = "The gradcheck developers"
copyright = "The gradcheck developers"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"gradcheck {__version__}"
exclude_patterns = ["_build", "images"]
default_role = "code"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 80
add_module_names = False
autodoc_member_order = "bysource"
nitpicky = False
suppress_warnings = ["myst.xref_missing", "misc.highlighting_failure"]


def literal_blocks(app, what, name, obj, options, lines):
    """Docstrings show code as an indented block; reStructuredText wants `::` before one."""
    result = []
    for number, line in enumerate(lines):
        after_blank = number and not lines[number - 1].strip()
        before = next((earlier for earlier in reversed(result) if earlier.strip()), "")
        starts = line.startswith("    ") and after_blank and before and not before.startswith((" ", ".."))
        if starts and not before.endswith("::"):
            result += ["::", ""]
        result.append(line)
    lines[:] = result


def linked(app, what, name, obj, options, lines):
    """Public names in a docstring become links, and its sentence on what it raises a field."""
    if what == "module":  # its table is as wide as its names are
        return
    text = "\n".join(lines)
    text = re.sub(r"(?<![`:])`(?:gradcheck\.)?([\w.]+)`(?!`|_)", _link, text)
    raised = re.search(r"Raises :py:obj:`~gradcheck\.([\w.]+)` ([^\n]*(?:\n[^\n]+)*)\Z", text.rstrip())
    if raised:
        why = " ".join(raised[2].split()).rstrip(".")
        text = f"{text[: raised.start()].rstrip()}\n\n:raises gradcheck.{raised[1]}: {why}.\n"
    lines[:] = text.split("\n")


def _link(match):
    for known in (f"gradcheck.{match[1]}", *(f"gradcheck.{m}.{match[1]}" for m in MODULES)):
        if known in PUBLIC:
            return f":py:obj:`~{known}`"
    return match[0]


def setup(app):
    app.connect("autodoc-process-docstring", linked, priority=800)
    app.connect("autodoc-process-docstring", literal_blocks, priority=900)
