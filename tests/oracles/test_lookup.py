"""Finding formulas: by name, by id, in files; near names for the rest."""

import pytest

from gradcheck.errors import UsageError
from gradcheck.oracles.lookup import find_formula, find_formulas


def test_names_and_short_names():
    assert find_formula("wx").name == "wx"
    assert find_formula("softmax_ce_rows").name == "softmax_cross_entropy_rows"


def test_an_id_that_one_formula_has_is_a_name():
    assert find_formula("D14").name == "hidden_layer"
    assert find_formula("d14").name == "hidden_layer"


def test_without_words_all_that_have_a_right_vjp_claim():
    names = {f.name for f in find_formulas([])}

    assert {"wx", "xw_batch", "relu", "chain4_tanh_mse"} <= names
    assert not {"bilinear", "hidden_layer", "xw"} & names


def test_words_name_each_formula_once():
    assert [f.name for f in find_formulas(["relu", "D15"])] == ["relu", "sigmoid", "tanh"]


def test_two_formulas_of_one_name_are_refused(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("import gradcheck\n@gradcheck.formula(shapes={'x': 'n'})\ndef relu(x):\n    return x\n")

    with pytest.raises(UsageError, match="there are two formulas called 'relu'"):
        find_formulas(["relu", str(file)])
    assert find_formulas([f"{file}::relu"])[0]([3]) == [3]


def test_what_is_unknown_is_told():
    with pytest.raises(UsageError, match="Did you mean 'tanh'"):
        find_formula("tahn")
    with pytest.raises(UsageError, match="`gradcheck list` shows all"):
        find_formula("qqqqqq")
