"""The reference has every public name and every option, with what a reader needs of each."""

import enum
import importlib.util
import inspect
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import gradcheck
from gradcheck.cli.main import cli

DOCS = Path(__file__).parents[1] / "docs"


def script(name):
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


REFERENCE = script("generate_reference")
PUBLIC = REFERENCE.public()


def test_the_pages_are_current_and_have_every_public_name():
    written = REFERENCE.pages()
    assert {file: file.read_text("utf-8") for file in written} == written, "python docs/generate_reference.py"
    text = "".join(written.values())
    for module in REFERENCE.MODULES:
        names = set(importlib.import_module(module).__all__) - {"__version__", "adapters", "strategies"}
        assert {f"{module}.{n}" for n in names} <= set(PUBLIC)
    for full in PUBLIC:
        assert re.search(rf"^- \[`{re.escape(full)}`\]", text, re.MULTILINE), full


def unnamed(value):
    """The parameters of a public name that its docstring does not name."""
    if (
        isinstance(value, type)
        and issubclass(value, enum.Enum | BaseException)
        and "__init__" not in vars(value)
    ):
        return []
    if getattr(value, "_is_protocol", False) or not callable(value):
        return []
    text = inspect.getdoc(value) or ""
    parameters = inspect.signature(value).parameters.values()
    named = [p.name for p in parameters if p.kind is not p.VAR_POSITIONAL and p.kind is not p.VAR_KEYWORD]
    return [name for name in named if not re.search(rf"\b{name}\b", text)]


FILLERS = {"normal", "positive", "unit_interval", "one_hot", "spd", "complex_normal"}
"""What draws an argument's values; gradcheck calls it, with `(shape, rng)`."""


@pytest.mark.parametrize("full", PUBLIC)
def test_a_docstring_names_every_parameter(full):
    value, name = PUBLIC[full], full.rpartition(".")[2]
    if name in FILLERS:
        assert list(inspect.signature(value).parameters) == ["shape", "rng"]
    elif name == "assert_correct":
        assert "`verify`" in inspect.getdoc(value)
    else:
        assert unnamed(value) == []
    assert REFERENCE._summary(value, full), "a first sentence"


def test_the_twin_a_parameter_that_is_not_named_is_seen():
    def wanting(x, y):
        """Only ``x`` is told."""

    assert unnamed(wanting) == ["y"]


@pytest.mark.parametrize("name", ["elementwise", "value_and_grad", "loss", "layer", "with_cache"])
def test_an_adapter_is_the_same_wherever_it_is_imported_from(name):
    """No module of that name comes in its place once it is loaded."""
    getattr(gradcheck, name)
    assert getattr(gradcheck.adapters, name) is getattr(gradcheck, name)


def test_the_command_line_reference_has_every_command_and_every_option():
    page = (DOCS / "command-line-reference.md").read_text("utf-8")
    parts = dict(re.findall(r"^## gradcheck ([\w-]+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    assert list(parts) == list(cli.commands), "python docs/generate_command_line.py"
    for name, command in cli.commands.items():
        shown = set(
            re.findall(
                r"(?<![\w-])--?[a-z][\w-]*",
                " ".join(re.findall(r"^\| `([^`]*)` \|", parts[name], re.MULTILINE)),
            )
        )
        options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
        assert shown == {o for p in options for o in (*p.opts, *p.secondary_opts)}, name
        told = " ".join(parts[name].replace("\\|", "|").split())
        assert all(" ".join((p.help or "").split()) in told for p in options), name


def test_the_sites_search_finds_the_page(tmp_path):
    """And a word that stands nowhere finds none."""
    pytest.importorskip("sphinx")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", str(DOCS), str(tmp_path)]
    subprocess.run(command, check=True, timeout=300)
    found = search(tmp_path / "searchindex.js")
    assert "loss-and-grads" in found("loss grads")
    assert "reading-the-report" in found("relative difference")
    assert {"tutorial", "verdicts", "diagnoses"} & set(found("transpose"))
    assert "low-precision" in found("float16")
    assert found("zyzzyva") == []
    for full in PUBLIC:
        first = REFERENCE._documented(full, set(PUBLIC))
        assert f'id="{first}"' in (tmp_path / REFERENCE.page_of(first)).read_text("utf-8"), full


def search(file):
    """`found(words)`: the pages that Sphinx's index has for all of the words, best first as titles count."""
    import json

    from sphinx.search.en import SearchEnglish

    index = json.loads(file.read_text("utf-8").removeprefix("Search.setIndex(").removesuffix(")"))
    language = SearchEnglish({})

    def pages(word):
        stem = language.stem(word.lower())
        hits = [*listed(index["terms"].get(stem, [])), *listed(index["titleterms"].get(stem, []))]
        return {index["docnames"][k] for k in hits}

    def found(words):
        return sorted(set.intersection(*map(pages, words.split())))

    return found


def listed(value):
    return value if isinstance(value, list) else [value]
