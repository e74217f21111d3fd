"""Files of vectors: exact, in one layout, and refused where anything in them cannot be."""

import json

import numpy as np
import pytest

from gradcheck.errors import UsageError
from gradcheck.oracles.vectors.files import bundle, check_name, every_test, read_vectors, write_vectors
from gradcheck.oracles.vectors.layout import json_text
from gradcheck.records.arrays import decode
from tests.oracles.conftest import array, numbered
from tests.wording import missing_field, no_such_value, unknown_field


def test_what_is_written_is_read(made, tmp_path):
    (path,) = write_vectors(made("wx"), tmp_path / "new")

    assert read_vectors(path) == made("wx")


def test_the_layout_keeps_arrays_on_one_line_and_loses_nothing(made):
    text = json_text(made("wx")).decode()

    assert all(line.count('"b64"') <= 1 for line in text.splitlines() if '"tcId"' not in line)
    assert json.loads(text)["formula"] == "wx"
    assert json_text(json.loads(text)).decode() == text


def test_a_bundle_holds_the_same_arrays(made, tmp_path):
    vectors = made("wx")
    _, path = write_vectors(vectors, tmp_path, npz=True)

    with np.load(path, allow_pickle=False) as arrays:
        for test in every_test(vectors):
            for name, record in test.gradients.items():
                stored = arrays[f"{test.tc_id}.gradients.{name}"]
                assert np.array_equal(stored, decode(record), equal_nan=True)
        assert set(arrays.files) == set(bundle(vectors))
        assert "1.float64.W" in arrays.files


@pytest.mark.parametrize(
    "name", ["../wx", "a/b", "a\\b", "..", ".hidden", "", "a b", "x" * 101, "nul\0", "/etc/x"]
)
def test_no_name_leaves_the_folder(name):
    with pytest.raises(UsageError, match="is no file name"):
        check_name(name)


def test_a_file_that_names_another_place_is_refused(edited):
    path = edited("wx", lambda text: text.update(formula="../../evil"), file="wx.json")

    with pytest.raises(UsageError, match=r"'\.\./\.\./evil' is no file name"):
        read_vectors(path)


def cut(text):
    return text[: len(text) // 2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (cut, "no JSON, or cut short"),
        (lambda text: b"", "no JSON, or cut short"),
        (lambda text: b"\xff" + text, "no JSON, or cut short"),
        (lambda text: b"[]", "no file of test vectors"),
        (lambda text: b'{"a": 1}', "no file of test vectors; expected an object with `schema`"),
        (lambda text: b'{"schema": "other"}', "its schema is 'other', not gradcheck-vectors-1"),
        (
            lambda text: text.replace(b"gradcheck-vectors-1", b"gradcheck-vectors-2"),
            "written by a newer gradcheck as gradcheck-vectors-2; this one reads gradcheck-vectors-1",
        ),
        (
            lambda text: text.replace(b"gradcheck-vectors-1", b"gradcheck-vectors-0"),
            "written by an older gradcheck",
        ),
        (lambda text: b'{"schema": ' + b"[" * 100_000, "no file of test vectors|no JSON"),
    ],
)
def test_what_is_no_file_of_vectors_is_told(made, tmp_path, change, message):
    path = tmp_path / "wx.json"
    path.write_bytes(change(json_text(made("wx"))))

    with pytest.raises(UsageError, match=message) as caught:
        read_vectors(path)
    assert str(caught.value).startswith(str(path))


def first(change):
    return lambda text: change(numbered(text)[1])


def inputs_x(values):
    return first(lambda t: t["inputs"].update(x=array(values)))


def of_wrong(change):
    return lambda text: change(next(t for t in numbered(text).values() if t["result"] == "invalid"))


def entry_of(field, name, **changes):
    def change(test):
        test[field][name].update(changes)

    return first(change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (entry_of("inputs", "W", b64="AAAA"), r"test 1: inputs.W: b64 holds 3 bytes"),
        (entry_of("inputs", "W", b64="!!"), r"test 1: inputs.W: b64 is no base64 text"),
        (entry_of("gradients", "x", dec=[1.0, 2.0, 3.0]), r"test 1: gradients.x: entry 0 is .* in b64 and"),
        (entry_of("gradients", "x", dec=[1.0]), "dec has 1 entries"),
        (entry_of("inputs", "W", shape=[3, 2]), r"inputs.W: expected the shape \(2, 3\), got \(3, 2\)"),
        (entry_of("inputs", "W", dtype="<f4"), r"test 1: inputs.W: b64 holds 48 bytes"),
        (entry_of("inputs", "W", dtype="O"), "unknown dtype 'O'"),
        (
            first(lambda t: t["inputs"].update(x=array(np.ones(3, dtype=int)))),
            "inputs.x: expected <f8, got <i8",
        ),
        (
            first(lambda t: t["inputs"].update(x=array(np.full(3, np.nan)))),
            "inputs.x: holds values that are not",
        ),
        (first(lambda t: t["inputs"].pop("x")), "inputs: expected W, x, got W"),
        (first(lambda t: t["gradients"].pop("x")), "gradients: expected W, x, got W"),
        (
            first(lambda t: t["gradients"].update(x=array(np.full(3, np.inf)))),
            "gradients.x: holds values that are not finite",
        ),
        (first(lambda t: t["tolerance"].pop("float64")), missing_field("float64")),
        (
            first(lambda t: t["tolerance"]["float64"]["gradients"].pop("x")),
            "tolerance.float64: expected one for each of W, x",
        ),
        (
            first(lambda t: t["tolerance"]["float64"]["gradients"].update(x=array(np.full(3, -1.0)))),
            "tolerance.float64.x: expected numbers of 0 or more",
        ),
        (
            first(lambda t: t["tolerance"]["float64"]["gradients"].update(x=array(np.full(3, np.inf)))),
            "tolerance.float64.x: expected numbers of 0 or more",
        ),
        (first(lambda t: t.update(delta=[t["delta"]] * 2)), "delta: expected 1 arrays, got 2"),
        (first(lambda t: t.update(value=array(np.ones(7)))), r"value: expected the shape \(2,\), got \(7,\)"),
        (first(lambda t: t.update(tcId=2)), "test 2: there are two tests of this number"),
        (first(lambda t: t.update(result="good")), no_such_value("good")),
        (first(lambda t: t.update(flags=["Unheard"])), "the flag 'Unheard' is not among the notes"),
        (first(lambda t: t.update(extra=1)), unknown_field("extra")),
        (first(lambda t: t.update(of=2)), "test 1: `of` names a valid test where the result is invalid"),
        (of_wrong(lambda t: t.update(of=999)), "`of` names a valid test"),
        (of_wrong(lambda t: t.pop("of")), "`of` names a valid test"),
        (of_wrong(lambda t: t["gradients"].update(nobody=array(np.ones(1)))), "the wrong gradient of one"),
        (lambda text: text.update(numberOfTests=3), "numberOfTests is 3, but there are"),
        (lambda text: text["testGroups"][0]["shapes"].pop("x"), "has not the arguments of the formula"),
    ],
)
def test_what_was_edited_by_hand_is_told_with_its_place(edited, change, message):
    path = edited("wx", change)

    with pytest.raises(UsageError, match=message) as caught:
        read_vectors(path)
    assert str(caught.value).startswith(str(path))


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_vectors(tmp_path / "none.json")
