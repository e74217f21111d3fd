"""`report.sarif`: held against what SARIF 2.1.0 asks of the parts that are used; nothing else is there."""

import json

import jsonschema
import pytest

from gradcheck.records.reading import collect
from gradcheck.report import render, render_text
from tests.report import samples


def thing(required, **properties):
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


TEXT = {"type": "string", "minLength": 1}
MESSAGE = thing(["text"], text=TEXT)
LEVEL = {"enum": ["none", "note", "warning", "error"]}
RULE = thing(["id"], id=TEXT, shortDescription=MESSAGE, defaultConfiguration=thing([], level=LEVEL))
DRIVER = thing(["name"], name=TEXT, version=TEXT, rules={"type": "array", "items": RULE, "uniqueItems": True})
PLACE = thing(
    ["artifactLocation"],
    artifactLocation=thing([], uri={"type": "string", "pattern": r"^[A-Za-z0-9/._~%!$&'()*+,;=:@-]+$"}),
    region=thing([], startLine={"type": "integer", "minimum": 1}),
)
LOCATION = thing(
    [],
    physicalLocation=PLACE,
    logicalLocations={"type": "array", "items": thing([], fullyQualifiedName=TEXT)},
)
RESULT = thing(
    ["message"],
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    level=LEVEL,
    message=MESSAGE,
    locations={"type": "array", "items": LOCATION},
    partialFingerprints={"type": "object", "additionalProperties": TEXT},
)
INVOCATION = thing(
    ["executionSuccessful"],
    executionSuccessful={"type": "boolean"},
    commandLine={"type": "string"},
    exitCode={"type": "integer"},
    toolExecutionNotifications={"type": "array", "items": thing(["message"], level=LEVEL, message=MESSAGE)},
)
RUN = thing(
    ["tool"],
    tool=thing(["driver"], driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    invocations={"type": "array", "items": INVOCATION},
    results={"type": "array", "items": RESULT},
)
SCHEMA = thing(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}},
    version={"const": "2.1.0"},
    runs={"type": "array", "items": RUN, "minItems": 1, "maxItems": 1},
)
"""What section 3 of the standard requires of the properties that we write, and no other property."""


def sarif(records):
    found = json.loads(render_text(collect(records), "sarif"))
    jsonschema.validate(found, SCHEMA)
    return found


@pytest.mark.parametrize(
    "parts",
    [samples.GOOD, samples.EVERYTHING, [samples.RICH], [samples.HOSTILE_CLAIM, samples.HOSTILE_RICH]],
    ids=["good", "everything", "rich", "hostile"],
)
def test_one_result_for_each_that_did_not_come_out(parts):
    (run,) = sarif(samples.records(parts))["runs"]

    wrong = [part[-1].uid for part in parts if not part[-1].as_declared]
    assert len(run["results"]) == len(wrong)
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_a_result_says_where_and_what():
    (result,) = sarif(samples.records([samples.RICH]))["runs"][0]["results"]

    assert (result["ruleId"], result["level"]) == ("fail", "error")
    assert result["message"]["text"].startswith("D13/layer.vjp: dJ/dW: dJ/dW is too small by the factor 1/2")
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "formulas/linear.py"}, "region": {"startLine": 19}}


def test_weak_is_a_warning():
    (result,) = sarif(samples.records([samples.WEAK]))["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("weak", "warning")


def test_a_run_that_is_not_whole_says_so():
    (whole,) = sarif(samples.records(samples.GOOD))["runs"][0]["invocations"]
    (cut,) = sarif(samples.records(samples.GOOD)[:-1])["runs"][0]["invocations"]

    assert (whole["executionSuccessful"], whole["exitCode"]) == (True, 0)
    assert (cut["executionSuccessful"], cut["exitCode"]) == (False, 1)
    assert "no footer" in cut["toolExecutionNotifications"][0]["message"]["text"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda run: run.pop("tool"),
        lambda run: run["results"][0].pop("message"),
        lambda run: run["results"][0]["locations"][0]["physicalLocation"]["region"].update(startLine=0),
        lambda run: run["results"][0].update(level="fatal"),
        lambda run: run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"].update(
            uri="a b"
        ),
        lambda run: run["results"][0].update(colour="red"),
    ],
)
def test_the_twin_what_the_standard_does_not_allow_is_refused(spoil):
    found = sarif(samples.records([samples.RICH]))
    spoil(found["runs"][0])

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, SCHEMA)


def test_it_is_written_where_it_is_asked_for(tmp_path):
    log = collect(samples.records([samples.RICH]))

    assert [path.name for path in render(log, ["sarif", "github", "jsonl"], tmp_path)] == ["report.sarif"]
    assert [path.name for path in tmp_path.iterdir()] == ["report.sarif"]
