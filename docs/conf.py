"""Sphinx's configuration: MyST Markdown, the reference from docstrings."""

from gradcheck import __version__

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
autodoc_typehints = "none"
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


def setup(app):
    app.connect("autodoc-process-docstring", literal_blocks, priority=900)
