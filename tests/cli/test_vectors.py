"""`gradcheck vectors`: written, checked, and nothing outside of the folder."""

import errno
import json
import os
from pathlib import Path

import pytest

from gradcheck.errors import Unsupported


def test_it_writes_a_file_for_each_formula_and_finds_it_in_order(gradcheck):
    result = gradcheck("vectors", "relu", "tanh", "--out", "v")

    assert result.exit_code == 0
    assert sorted(p.name for p in Path("v").iterdir()) == ["relu.json", "tanh.json"]
    assert "2 of 2 formulas written to v." in result.stdout
    check = gradcheck("vectors", "--check", "v")
    assert (check.exit_code, check.stdout) == (0, "2 of 2 files in order.\n")


def test_an_id_names_several(gradcheck):
    assert "3 of 3 formulas" in gradcheck("vectors", "D15", "--out", "v").stdout


def test_a_bundle_comes_beside(gradcheck):
    gradcheck("vectors", "relu", "--out", "v", "--npz")

    assert sorted(p.name for p in Path("v").iterdir()) == ["relu.json", "relu.npz"]


def test_a_seed_gives_other_inputs(gradcheck):
    gradcheck("vectors", "relu", "--out", "a")
    gradcheck("vectors", "relu", "--out", "b", "--seed", 1)

    assert Path("a/relu.json").read_bytes() != Path("b/relu.json").read_bytes()


def mine(name):
    Path("mine.py").write_text(
        f"import gradcheck\n@gradcheck.formula(shapes={{'x': 'n'}}, name={name!r})\n"
        "def cube(x):\n    return x ** 3\n"
    )


def test_a_formula_of_ones_own_is_checked_with_its_file(gradcheck):
    mine("cube")

    assert gradcheck("vectors", "mine.py::cube", "--out", "v").exit_code == 0
    assert gradcheck("vectors", "mine.py", "--check", "v").exit_code == 0
    alone = gradcheck("vectors", "--check", "v")
    assert alone.exit_code == 1
    assert "there is no formula 'cube'" in alone.stderr


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/../../evil"])
def test_no_file_leaves_the_folder(gradcheck, name, tmp_path):
    mine(name)

    result = gradcheck("vectors", "mine.py", "--out", "v")

    assert result.exit_code == 2
    assert "is no file name" in result.stderr
    assert not list(tmp_path.parent.glob("evil*"))
    assert not Path("v").exists()


def test_one_changed_bit_is_1(gradcheck):
    gradcheck("vectors", "tanh", "--out", "v")
    path = Path("v/tanh.json")
    text = json.loads(path.read_text())
    test = text["testGroups"][0]["tests"][0]
    test["comment"] = "mine"
    path.write_text(json.dumps(text))

    result = gradcheck("vectors", "--check", "v")

    assert result.exit_code == 1
    assert "v/tanh.json: it is not laid out as" in result.stderr
    assert "0 of 1 files in order." in result.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "expected one of --out DIR, to write vectors, and --check DIR"),
        (("--out", "v", "--check", "v"), "expected one of --out DIR"),
        (("relux", "--out", "v"), "Did you mean 'relu'"),
        (("--check", "none"), "none: there is no such folder"),
        (("--check", "."), "there is no file of test vectors in it"),
        (("relu", "--out", "v", "--backend", "x"), "unknown backend 'x'"),
    ],
)
def test_bad_input_is_2(gradcheck, words, message):
    result = gradcheck("vectors", *words)

    assert result.exit_code == 2
    assert message in result.stderr


def test_what_has_no_vectors_is_1_and_the_others_are_written(gradcheck, monkeypatch):
    from gradcheck.oracles.vectors import making as vectors

    real = vectors.make_vectors

    def make(formula, **options):
        if formula.name == "relu":
            raise Unsupported("relu: no test vectors can be made: no reason")
        return real(formula, **options)

    monkeypatch.setattr(vectors, "make_vectors", make)
    result = gradcheck("vectors", "relu", "tanh", "--out", "v")

    assert result.exit_code == 1
    assert "relu: relu: no test vectors can be made" not in result.stderr
    assert "no test vectors can be made: no reason" in result.stderr
    assert [p.name for p in Path("v").iterdir()] == ["tanh.json"]


def test_a_full_disk_is_2_and_keeps_what_was_finished(gradcheck, monkeypatch):
    real, calls = os.fsync, []

    def fsync(descriptor):
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    result = gradcheck("vectors", "relu", "tanh", "--out", "v")

    assert result.exit_code == 2
    assert result.stderr == "Error: v/tanh.json: No space left on device\n"
    assert [p.name for p in Path("v").iterdir()] == ["relu.json"]


def test_ctrl_c_keeps_what_was_finished(gradcheck, monkeypatch):
    from gradcheck.oracles.vectors import making as vectors

    real = vectors.make_vectors

    def make(formula, **options):
        if formula.name == "tanh":
            raise KeyboardInterrupt
        return real(formula, **options)

    monkeypatch.setattr(vectors, "make_vectors", make)
    result = gradcheck("vectors", "relu", "tanh", "--out", "v")

    assert result.exit_code == 130
    assert [p.name for p in Path("v").iterdir()] == ["relu.json"]
