"""What a report shows of code in low precision: sentences, a picture, and a log that can be read again."""

import msgspec
import pytest

import gradcheck
from gradcheck.records.accuracy import Accuracy, Length
from gradcheck.records.types import ClaimRow
from gradcheck.report.pictures import ulps_picture
from tests.low_precision.candidates import inside

SHAPES = {"x": "n"}


@pytest.fixture(scope="module")
def result():
    backward = inside(lambda delta, x: 2 * x * delta)
    return gradcheck.verify(
        lambda x: x * x, backward, SHAPES, dtype="float16", max_examples=6, backends=["autodiff"]
    )


def test_the_page_has_the_grades_and_a_picture(result, tmp_path):
    page = result.to_html(tmp_path / "report.html").read_text("utf-8")
    assert "float16: meets correctly rounded" in page
    assert "where it is 4099" in page
    assert "meets correctly rounded" in result._repr_html_()


def test_other_pages_have_none_of_it(tmp_path):
    plain = gradcheck.verify(lambda x: x * x, lambda delta, x: 2 * x * delta, SHAPES, max_examples=5)
    assert "How the code rounds" not in plain.to_html(tmp_path / "plain.html").read_text("utf-8")


def test_the_record_survives_the_log(result):
    again = msgspec.json.decode(msgspec.json.encode(result.row), type=ClaimRow)
    assert again.accuracy == result.row.accuracy
    assert [g.name for g in again.accuracy.grades] == ["correctly rounded"]


def test_one_size_alone_is_no_picture():
    rows = [Length(size=n, ulp=0.5 * n, allowed={"float16 throughout": 1.0 * n}) for n in (1, 4, 512)]
    found = Accuracy(dtype="float16", claimed="float16 throughout", grades=[], ulp=[], lengths=rows)
    assert ulps_picture(found).count("<circle") == 3
    rows = [msgspec.structs.replace(r, allowed={"correctly rounded": 0.5, **r.allowed}) for r in rows]
    both = ulps_picture(msgspec.structs.replace(found, lengths=rows))
    assert both.count('<polyline class="bound"') == 2
    assert ">correctly rounded</text>" in both
    assert ">float16 throughout</text>" in both
    assert "where correctly rounded allows 0.5, float16 throughout allows 512" in both
    assert ulps_picture(msgspec.structs.replace(found, lengths=rows[:1])) == ""
