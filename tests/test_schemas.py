"""The stored JSON Schemas are those of the records: in what they mean, not letter by letter."""

import copy
import json

import pytest

from gradcheck.schemas import FOLDER, schemas, write_schemas

VALUES = {"const", "default", "enum", "examples"}
"""Keywords that hold data. All others hold schemas, or words about them."""


def meaning(schema):
    """A schema without the layout of its descriptions, which are docstrings: msgspec indents them as the
    source does, and since 0.23 not at all. Their words count.
    """
    if isinstance(schema, list):
        return [meaning(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _meaning_of(key, value) for key, value in schema.items()}


def _meaning_of(keyword, value):
    if keyword == "description" and isinstance(value, str):  # a property of that name has a schema
        return " ".join(value.split())
    return value if keyword in VALUES else meaning(value)


@pytest.mark.parametrize("name", sorted(schemas()))
def test_the_stored_schemas_are_current(name):
    stored = json.loads((FOLDER / name).read_text("utf-8"))

    assert meaning(stored) == meaning(schemas()[name]), "run python -m gradcheck.schemas"


def test_they_are_all_stored_and_no_others(tmp_path):
    written = {file.name for file in write_schemas(tmp_path)}

    assert {file.name for file in FOLDER.glob("*.json")} == written == {f.name for f in tmp_path.iterdir()}
    assert all(json.loads((tmp_path / name).read_text("utf-8")) == schemas()[name] for name in written)


SCHEMA = {
    "title": "Row",
    "description": "A row.\n\n    It has ``points``.\n    ",
    "type": "object",
    "properties": {
        "points": {"type": "integer", "default": 0},
        "description": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "verdict": {"enum": ["pass", "fail"]},
        "blank": {"const": "a  b"},
    },
    "required": ["verdict"],
}


@pytest.mark.parametrize("text", ["A row.\n\nIt has ``points``.", "A row. It has ``points``."])
def test_the_layout_of_a_docstring_is_no_meaning(text):
    assert meaning(SCHEMA) == meaning(SCHEMA | {"description": text})


def _changed(*path, to):
    changed = copy.deepcopy(SCHEMA)
    part = changed
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = to
    return changed


@pytest.mark.parametrize(
    "twin",
    [
        _changed("title", to="Line"),
        _changed("description", to="A row. It has ``point``."),
        _changed("required", to=["verdict", "points"]),
        _changed("additionalProperties", to=False),
        _changed("properties", "points", "type", to="number"),
        _changed("properties", "points", "default", to=1),
        _changed("properties", "description", "anyOf", 1, "type", to="integer"),
        _changed("properties", "verdict", "enum", 1, to="weak"),
        _changed("properties", "blank", "const", to="a b"),
    ],
)
def test_a_changed_meaning_is_seen(twin):
    assert meaning(twin) != meaning(SCHEMA)
