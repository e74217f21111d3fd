"""Whatever a valid log holds, every format can be rendered: each field of each record at its edges."""

import re

import msgspec
import pytest

from gradcheck.errors import UsageError
from gradcheck.records.reading import collect
from gradcheck.records.types import Record
from gradcheck.report import render_text
from gradcheck.report.formats import terminal
from tests.report import samples

EDGES = {
    str: ["", samples.HOSTILE],
    bool: [True, False],
    int: [0, -1, 10**15],
    float: [0.0, -1.0, 1e308, 5e-324],
}
COORDINATE = re.compile(r' (?:c?[xy]|width|height|points|d|fill-opacity|viewBox)="[^"]*(?:nan|inf)')
PART = [
    *samples.RICH[:-1],
    msgspec.structs.replace(
        samples.RICH[-1],
        proof=samples.PROOF,
        precision=samples.PRECISION,
        training=samples.TRAINING,
        note="note",
        notes=["a"],
        unchecked=["W"],
        reason="why",
    ),
]


def variants(value, optional=False):
    """The value with one thing in it changed, for every thing in it."""
    if optional:
        yield None
    if isinstance(value, msgspec.Struct):
        for field in msgspec.structs.fields(value):
            inner = getattr(value, field.name)
            for other in variants(inner, optional=field.default is None):
                yield msgspec.structs.replace(value, **{field.name: other})
    elif isinstance(value, list):
        yield from ([], value * 3)
        if value:
            yield from ([other, *value[1:]] for other in variants(value[0]))
    elif isinstance(value, dict):
        yield {}
        for key in list(value)[:1]:
            yield from ({**value, key: other} for other in variants(value[key]))
            yield {samples.HOSTILE: value[key], **value}
    elif type(value) in EDGES:
        yield from (edge for edge in EDGES[type(value)] if edge != value)


def logs():
    records = samples.records([PART])
    for position, record in enumerate(records):
        for changed in variants(record):
            try:
                # What could not be read is no log.
                changed = msgspec.convert(msgspec.to_builtins(changed), type=Record)
                yield collect([*records[:position], changed, *records[position + 1 :]])
            except (UsageError, msgspec.ValidationError, OverflowError):
                continue


ALL = list(logs())


def test_there_are_many_to_try():
    assert len(ALL) > 400


@pytest.mark.parametrize("format", ["json", "junit", "md", "html", "terminal"])
def test_every_one_is_rendered(format):
    for log in ALL:
        text = terminal.render(log) if format == "terminal" else render_text(log, format)
        assert text
        assert "\x1b" not in text
        if format == "html":
            assert text.count("<script") == 1
            assert not COORDINATE.search(text)
