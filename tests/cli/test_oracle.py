"""`gradcheck oracle`: from arrays to certified gradients, and every way to ask wrongly."""

from pathlib import Path

import numpy as np
import pytest

from tests.wording import invalid_option


def test_it_prints_what_is_right(gradcheck):
    np.savez("x.npz", z=np.array([0.5, -1.0]), delta=np.ones(2))

    result = gradcheck("oracle", "relu", "--input", "x.npz")

    assert result.exit_code == 0
    assert "relu at n = 2" in result.stdout
    assert "grad.z = [1.0, 0.0]\n    exact; by symbolic, autodiff and finite_difference" in result.stdout


def test_arrays_that_it_makes_are_printed_too(gradcheck):
    result = gradcheck("oracle", "relu", "--shape", "n=2", "--seed", 7)
    gradcheck("oracle", "relu", "--shape", "n=2", "--seed", 7, "--output", "g.npz")

    with np.load("g.npz", allow_pickle=False) as same:
        assert f"\n  input.z = {same['input.z'].tolist()}\n" in result.stdout
        assert f"\n  input.delta = {same['input.delta'].tolist()}\n" in result.stdout


def test_without_arrays_and_sizes_it_says_how_to_give_them(gradcheck):
    result = gradcheck("oracle", "wx")

    assert result.exit_code == 2
    assert "give all of n, m. Use --shape n=3,..., or bring arrays with --input FILE." in result.stderr
    assert "Use --shape" not in gradcheck("oracle", "wx", "--shape", "n=2").stderr


def test_it_makes_arrays_and_writes_all(gradcheck):
    first = gradcheck("oracle", "wx", "--shape", "n=2,m=3", "--seed", 7, "--output", "out/g.npz")
    again = gradcheck("oracle", "wx", "--shape", "n=2", "--shape", "m=3", "--seed", 7, "--output", "h.npz")

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert first.stdout == "out/g.npz: value, grad.W, grad.x\n"
    with np.load("out/g.npz", allow_pickle=False) as one, np.load("h.npz", allow_pickle=False) as two:
        assert np.array_equal(one["grad.W"], two["grad.W"])
        assert np.allclose(one["grad.W"], np.outer(one["input.delta"], one["input.x"]), rtol=1e-15)
        assert (one["grad.W.bound"] <= np.spacing(np.abs(one["grad.W"]))).all()


def test_what_was_converted_is_said(gradcheck):
    np.savez("x.npz", z=np.float32([0.5]), delta=np.ones(1))

    result = gradcheck("oracle", "relu", "--input", "x.npz", "--output", "g.json")

    assert result.exit_code == 0
    assert "note: z: float32 taken as float64" in result.stderr


def test_a_formula_without_sizes_needs_none(gradcheck):
    assert gradcheck("oracle", "logistic_ce", "--seed", 3).exit_code == 0


def test_a_file_of_ones_own(gradcheck):
    Path("mine.py").write_text(
        "import gradcheck\n@gradcheck.formula(shapes={'x': 'n'})\ndef cube(x):\n    return x ** 3\n"
    )

    result = gradcheck("oracle", "mine.py", "--shape", "n=2")

    assert result.exit_code == 0
    assert "cube at n = 2" in result.stdout


def test_one_backend(gradcheck):
    result = gradcheck("oracle", "relu", "--shape", "n=1", "--backend", "symbolic")

    assert "exact; by symbolic\n" in result.stdout


def test_where_there_is_no_derivative_the_exit_code_is_1(gradcheck):
    np.savez("x.npz", z=np.zeros(2), delta=np.ones(2))

    result = gradcheck("oracle", "relu", "--input", "x.npz", "--output", "g.npz")

    assert result.exit_code == 1
    assert "No answer: relu: no derivative exists here (a kink)" in result.stderr
    assert not Path("g.npz").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("relux",), "Did you mean 'relu'"),
        (("none.py",), "none.py: there is no such file"),
        (("D16", "--seed", "1"), "there are 6 formulas of this id"),
        (("relu",), "the sizes of n are missing"),
        (("relu", "--shape", "n"), "expected sizes like n=3,m=4, got 'n'"),
        (("relu", "--shape", "n=x"), "expected sizes like n=3,m=4, got 'n=x'"),
        (("relu", "--shape", "n=-1"), "expected sizes like"),
        (("relu", "--shape", "n=0"), "n = 0 is no integer of 1 or more"),
        (("relu", "--shape", "n=2,n=3"), "the size of n is given twice"),
        (("relu", "--shape", "n=2,k=3"), "there is no dimension 'k'"),
        (("relu", "--shape", "n=2", "--input", "x.npz"), "give one of the two"),
        (("relu", "--input", "x.npz"), "x.npz: cannot be read"),
        (("relu", "--input", "x.csv"), "ends in .npz or .json"),
        (("relu", "--shape", "n=2", "--output", "g.csv"), "ends in .npz or .json"),
        (("relu", "--shape", "n=2", "--backend", "jacks"), "unknown backend 'jacks'"),
        (("relu", "--shape", "n=2", "--seed", "-1"), invalid_option("--seed")),
    ],
)
def test_bad_input_is_2(gradcheck, words, message):
    result = gradcheck("oracle", *words)

    assert result.exit_code == 2
    assert message in result.stderr
    assert "broke" not in result.stderr


def test_arrays_that_do_not_fit_are_2(gradcheck):
    np.savez("x.npz", W=np.ones((2, 3)), x=np.ones(4), delta=np.ones(2))

    result = gradcheck("oracle", "wx", "--input", "x.npz")

    assert result.exit_code == 2
    assert "'x' has shape (4,) and makes m = 4, but 'W' with shape (2, 3) makes m = 3" in result.stderr


def test_a_place_that_cannot_be_written_is_2(gradcheck):
    Path("out").write_text("a file")

    result = gradcheck("oracle", "relu", "--shape", "n=2", "--output", "out/g.npz")

    assert result.exit_code == 2
    assert "out: " in result.stderr
    assert "broke" not in result.stderr


def test_backends_that_exclude_each_other_are_2_and_a_bug(gradcheck, entry_points, told):
    entry_points(autodiff=told("autodiff", lambda d, z: d * 0.5).backend)

    result = gradcheck("oracle", "tanh", "--shape", "n=2")

    assert result.exit_code == 2
    assert "contradict each other" in result.stderr
