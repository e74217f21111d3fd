"""Arrays in and out of files: exact, without pickle, and refused where they are damaged."""

import json
import pickle

import jsonschema
import numpy as np
import pytest

import gradcheck
from gradcheck.errors import UsageError
from gradcheck.oracles.files import array_from, check_output, read_inputs, write_bytes, write_reference
from gradcheck.schemas import schemas
from tests.wording import missing_field

ARGUMENTS = ("W", "x")


@pytest.fixture
def reference():
    return gradcheck.oracle("wx")(np.array([[0.1, 2.0]]), np.array([3.0, 1e-310]), delta=np.float32([0.5]))


def test_npz_holds_everything_by_name(tmp_path, reference):
    path = write_reference(tmp_path / "g.npz", reference)

    with np.load(path, allow_pickle=False) as arrays:
        assert set(arrays.files) == {
            *("input.W", "input.x", "input.delta", "value", "value.bound"),
            *("grad.W", "grad.W.bound", "grad.x", "grad.x.bound"),
        }
        assert np.array_equal(arrays["grad.W"], reference.gradients["W"])


def test_json_follows_its_schema_and_says_the_same(tmp_path, reference):
    text = json.loads(write_reference(tmp_path / "new" / "g.json", reference).read_text())

    jsonschema.validate(text, schemas()["reference.schema.json"])
    assert text["quantities"]["grad.W"]["value"]["dec"] == reference.gradients["W"].value.ravel().tolist()
    assert text["quantities"]["value"]["sources"] == ["forward"]
    assert text["notes"] == ["delta: float32 taken as float64, which holds its values exactly"]


def test_what_was_written_can_be_read_as_inputs(tmp_path, reference):
    path = write_reference(tmp_path / "g.json", reference)

    inputs, delta = read_inputs(path, ARGUMENTS)

    assert np.array_equal(inputs["x"], reference.inputs["x"])
    assert np.array_equal(delta[0] if isinstance(delta, tuple) else delta, reference.delta[0])


def test_npz_inputs(tmp_path):
    np.savez(tmp_path / "x.npz", W=np.eye(2), x=np.ones(2), delta=np.zeros(2))
    np.savez(tmp_path / "two.npz", x=np.ones(2), delta0=np.zeros(2), delta1=np.ones(()))

    inputs, delta = read_inputs(tmp_path / "x.npz", ARGUMENTS)
    assert set(inputs) == {"W", "x"}
    assert delta.tolist() == [0.0, 0.0]
    inputs, delta = read_inputs(tmp_path / "two.npz", ("x",))
    assert [d.tolist() for d in delta] == [[0.0, 0.0], 1.0]


def test_json_inputs_as_lists(tmp_path):
    (tmp_path / "x.json").write_text('{"inputs": {"W": [[1, 2.5]], "x": [1, 2]}, "delta": [0.5]}')

    inputs, delta = read_inputs(tmp_path / "x.json", ARGUMENTS)

    assert inputs == {"W": [[1, 2.5]], "x": [1, 2]}
    assert delta == [0.5]


def test_an_argument_may_be_called_delta(tmp_path):
    np.savez(tmp_path / "x.npz", delta=np.ones(2), delta0=np.zeros(2))

    inputs, delta = read_inputs(tmp_path / "x.npz", ("delta",))

    assert inputs["delta"].tolist() == [1.0, 1.0]
    assert delta[0].tolist() == [0.0, 0.0]


class Boom:
    def __reduce__(self):
        return (print, ("code ran",))


def test_a_pickle_is_refused_and_nothing_in_it_runs(tmp_path, capsys):
    np.savez(tmp_path / "object.npz", x=np.array([Boom()], dtype=object))
    (tmp_path / "pickle.npz").write_bytes(pickle.dumps(Boom()))

    for name in ("object.npz", "pickle.npz"):
        with pytest.raises(UsageError, match=r"no .npz file of plain arrays"):
            read_inputs(tmp_path / name, ARGUMENTS)
    assert capsys.readouterr().out == ""


def whole_npz(tmp_path):
    np.savez(tmp_path / "x.npz", x=np.arange(1000.0))
    return (tmp_path / "x.npz").read_bytes()


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("x.txt", lambda p: b"1 2", "ends in .npz or .json"),
        ("x.npz", lambda p: whole_npz(p)[:500], "damaged"),
        ("x.npz", lambda p: b"", "damaged"),
        ("x.npz", lambda p: whole_npz(p).replace(b"descr", b"dscer"), "damaged"),
        ("x.json", lambda p: b"{", "no JSON"),
        ("x.json", lambda p: b"\xff\xfe", "no JSON"),
        ("x.json", lambda p: b"[1, 2]", "expected an object with `inputs`"),
        ("x.json", lambda p: b'{"inputs": [1]}', "expected an object with `inputs`"),
        ("x.json", lambda p: b'{"inputs": {"x": [[1], [2, 3]]}}', "x: expected nested lists of numbers"),
        ("x.json", lambda p: b'{"inputs": {"x": "1"}}', "x: expected nested lists"),
        ("x.json", lambda p: b'{"inputs": {"x": [NaN]}}', "no JSON"),
        ("x.json", lambda p: b'{"inputs": {"x": {"dtype": "<f8"}}}', "x: " + missing_field("shape")),
        (
            "x.json",
            lambda p: b'{"inputs": {"x": {"dtype": "<f8", "shape": [2], "b64": "AAAA"}}}',
            "x: b64 holds 3 bytes",
        ),
    ],
)
def test_what_cannot_be_read_is_told_with_the_file(tmp_path, name, make, message):
    content = make(tmp_path)
    (tmp_path / name).write_bytes(content)

    with pytest.raises(UsageError, match=message) as caught:
        read_inputs(tmp_path / name, ARGUMENTS)
    assert name in str(caught.value)


def test_a_bare_npy_is_told(tmp_path):
    with (tmp_path / "x.npz").open("wb") as stream:
        np.save(stream, np.ones(2))

    with pytest.raises(UsageError, match="one array without a name"):
        read_inputs(tmp_path / "x.npz", ARGUMENTS)


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    with pytest.raises(UsageError, match=r"none.npz: cannot be read: No such file"):
        read_inputs(tmp_path / "none.npz", ARGUMENTS)
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        read_inputs(tmp_path / "folder.json", ARGUMENTS)


def test_other_endings_are_refused_before_anything_is_computed(tmp_path):
    with pytest.raises(UsageError, match=r"ends in .npz or .json"):
        check_output(tmp_path / "g.csv")


def test_a_failing_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = write_bytes(tmp_path / "g", b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_bytes(path, b"new")
    assert caught.value.filename == str(path)  # which the system does not say
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_out_of_the_folder_is_replaced_and_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.write_bytes(b"safe")
    link = tmp_path / "link"
    link.symlink_to(outside)

    write_bytes(link, b"new")

    assert outside.read_bytes() == b"safe"
    assert link.read_bytes() == b"new"


def test_numbers_and_nan_from_foreign_json():
    assert array_from(3, "x").shape == ()
    assert np.isnan(array_from([float("nan")], "x")[0])
    with pytest.raises(UsageError, match=r"^x: expected nested lists"):
        array_from([["a"]], "x")
