"""summary.json: small, versioned, valid."""

import json

import jsonschema
import msgspec
import pytest

from gradcheck.records.reading import collect
from gradcheck.report.formats.summary import Summary, render
from gradcheck.schemas import schemas
from tests.report import samples


def summary(records):
    return json.loads(render(collect(records)))


def test_counts_of_everything():
    told = summary(samples.records(samples.EVERYTHING))

    assert told["schema"] == "gradcheck-summary-1"
    assert told["outcome"] == "not as declared"
    assert told["exit_code"] == 1
    assert (told["claims_total"], told["claims_judged"], told["as_declared"]) == (11, 11, 5)
    assert (told["errata_declared"], told["errata_refuted"]) == (2, 1)
    assert told["counts"] == {
        "error": 1, "not refuted": 1, "fail": 2, "inconclusive": 1, "weak": 1, "refuted": 1, "pass": 4,
    }  # fmt: skip
    assert told["claims"][2]["replay"] == "gradcheck replay D09/wx.vjp"


def test_a_good_run():
    told = summary(samples.records(samples.GOOD))

    assert (told["outcome"], told["exit_code"], told["complete"]) == ("as declared", 0, True)


@pytest.mark.parametrize("length", range(1, len(samples.records(samples.GOOD))))
def test_an_incomplete_log_is_never_as_declared(length):
    told = summary(samples.records(samples.GOOD)[:length])

    assert (told["outcome"], told["exit_code"], told["complete"]) == ("incomplete", 1, False)
    assert told["problems"]
    assert [claim["uid"] for claim in told["claims"]] == samples.records(samples.GOOD)[0].claims


@pytest.mark.parametrize("records", [samples.records(samples.EVERYTHING), samples.records(samples.GOOD)[:5]])
def test_it_follows_its_schema_and_reads_back(records):
    text = render(collect(records))

    jsonschema.validate(json.loads(text), schemas()["summary.schema.json"])
    assert msgspec.json.decode(text, type=Summary).schema == "gradcheck-summary-1"


def test_another_summary_does_not():
    told = summary(samples.records(samples.GOOD)) | {"exit_code": "0"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told, schemas()["summary.schema.json"])
