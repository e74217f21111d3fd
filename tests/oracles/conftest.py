"""Vectors that tests may change: as a record, and as the JSON of a file."""

import json
from pathlib import Path

import pytest

from gradcheck.oracles.lookup import find_formula
from gradcheck.oracles.vectors.layout import json_text
from gradcheck.oracles.vectors.making import make_vectors
from gradcheck.records.arrays import encode

COMMITTED = Path(__file__).parent.parent.parent / "vectors" / "v1"


@pytest.fixture(scope="session")
def made():
    """`made(name)`: the vectors of a formula of the catalogue, made once."""
    found = {}

    def make(name):
        if name not in found:
            found[name] = make_vectors(find_formula(name))
        return found[name]

    return make


@pytest.fixture
def edited(made, tmp_path):
    """`edited(name, change)`: a file of vectors after ``change(its JSON)``, laid out as it should be."""

    def edit(name, change=lambda text: None, file=None):
        text = json.loads(json_text(made(name)))
        change(text)
        path = tmp_path / (file or f"{name}.json")
        path.write_bytes(json_text(text))
        return path

    return edit


def numbered(text):
    """All tests in the JSON of a file, by number."""
    return {test["tcId"]: test for group in text["testGroups"] for test in group["tests"]}


def array(values):
    """An array as vectors hold it."""
    record = encode(values)
    found = {"dtype": record.dtype, "shape": record.shape, "b64": record.b64}
    return found if record.dec is None else {**found, "dec": record.dec}
