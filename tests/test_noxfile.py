"""`nox -s lowest` takes its versions from pyproject.toml."""

import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement

pytest.importorskip("nox")
from noxfile import lowest_versions

PYPROJECT = (Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8")


def test_each_version_is_the_lowest_that_is_allowed():
    text = """
    [project]
    dependencies = ["a>=1.2", "b==2.*", "mine[all]"]
    [project.optional-dependencies]
    test = ["a[x]>=1.10", "c==0.17.*"]
    """
    assert lowest_versions(text) == ["a==1.10", "b==2", "c==0.17"]


def test_a_requirement_without_a_lower_bound_is_refused():
    with pytest.raises(ValueError, match="a<2: expected a lower bound"):
        lowest_versions('[project]\ndependencies = ["a<2"]\n[project.optional-dependencies]')


def test_all_that_we_name_has_one():
    project = tomllib.loads(PYPROJECT)["project"]
    lines = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    names = {Requirement(line).name for line in lines} - {"gradcheck"}

    assert {line.partition("==")[0] for line in lowest_versions(PYPROJECT)} == names
