"""ARCHITECTURE.md is true: what it names exists, and no package is left out."""

import re

from tests.house import ROOT, entries

PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def missing(page):
    """Files that a page names and that are not there."""
    return [f for f in re.findall(r"`((?:gradcheck|tests)/[\w/]+\.py)`", page) if not (ROOT / f).exists()]


def test_every_file_that_the_page_names_exists():
    """A moved file takes its line with it."""
    assert missing(PAGE) == []
    assert missing("`gradcheck/engine.py`") == ["gradcheck/engine.py"]  # the twin


def test_every_package_is_told():
    """By its folder's name; modules at the top are the faces, and the schemas are data."""
    packages = {e for e in entries() if not e.endswith(".py")} - {"schemas"}
    assert {p for p in packages if f"`{p}/`" not in PAGE} == set()


def test_one_claims_way_takes_at_most_twelve_steps():
    """From the command to the page."""
    steps = re.findall(r"^\d+\. ", PAGE, re.MULTILINE)
    assert 0 < len(steps) <= 12
    assert "gradcheck/cli/verify.py" in PAGE
    assert "gradcheck/report/page/html.py" in PAGE
