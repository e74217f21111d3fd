"""Words find claims, and a user's file is loaded without leaving a trace."""

import os
import re
import sys
import textwrap

import pytest

from gradcheck.errors import UsageError
from gradcheck.running.registry import catalogue, load_file, select

HEAD = "import numpy as np\nfrom gradcheck import formula\n"
WX = """
@formula(shapes={"W": "n m", "x": "m"}, id="X1")
def wx(W, x):
    return W @ x

@wx.vjp
def wx_vjp(delta, W, x):
    return np.outer(delta, x), W.T @ delta

@wx.jacobian("x", id="X2")
def wx_jacobian(W, x):
    return W
"""
BARE = """
@formula(shapes={"x": "n"})
def bare(x):
    return x
"""


@pytest.fixture
def file(tmp_path):
    def write(text, name="mine.py"):
        path = tmp_path / name
        path.write_text(HEAD + textwrap.dedent(text))
        return path

    return write


@pytest.fixture(autouse=True)
def nothing_is_left_behind():
    path, modules = sys.path[:], set(sys.modules)
    yield
    assert sys.path == path
    new = {
        name for name in set(sys.modules) - modules if not name.startswith(("gradcheck", "_gradcheck_file_"))
    }
    assert not new & {"helpers", "package", "mine"}
    for name in set(sys.modules) - modules:
        if name.startswith("_gradcheck_file_"):
            del sys.modules[name]


def uids(words):
    return [claim.uid for claim in select(words).claims]


def test_a_file_is_run_as_it_stands_even_where_byte_code_could_stand_for_it(file, monkeypatch):
    """Same size, same second: Python would run what it compiled before."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = file(WX)
    os.utime(path, (10**9, 10**9))
    load_file(path)
    file(WX.replace("def wx(", "def wz(").replace("@wx.", "@wz."))
    os.utime(path, (10**9, 10**9))
    assert [f.name for f in load_file(path)] == ["wz"]


class TestCatalogue:
    def test_no_words_are_everything(self):
        selection = select()

        assert [c.uid for c in selection.claims] == [c.uid for f in catalogue() for c in f.claims]
        assert selection.origin == "catalogue"
        assert selection.remarks

    def test_a_formula_an_id_and_a_claim(self):
        assert uids(["wx"]) == [c.uid for f in catalogue() if f.name == "wx" for c in f.claims]
        assert len(uids(["D09"])) > 1
        assert all(uid.startswith("D09/") for uid in uids(["D09"]))
        assert uids(["d09"]) == uids(["D09"])
        assert uids(["D09/wx.vjp"]) == ["D09/wx.vjp"]

    def test_claims_come_once_in_the_order_of_the_words(self):
        assert uids(["D10", "D09/wx.vjp", "D09/wx.vjp", "D10"]) == [*uids(["D10"]), "D09/wx.vjp"]
        assert select(["D09"]).remarks == ()

    @pytest.mark.parametrize(
        ("word", "hint"),
        [
            ("D9", "Did you mean"),
            ("D09/wx.vpj", "Did you mean 'D09/wx.vjp'"),
            ("softmax_cross_entropi", "Did you mean 'softmax_cross_entropy'"),
            ("", "there is no formula"),
            ("zzzzzzzzzzzz", "`gradcheck list` shows all"),
            ("/", "ends in .py"),
        ],
    )
    def test_unknown_words_are_refused_with_the_nearest(self, word, hint):
        with pytest.raises(UsageError, match=hint):
            select([word])


class TestFiles:
    def test_a_file_and_names_in_it(self, file):
        path = file(WX)

        assert uids([str(path)]) == ["X1/wx.vjp", "X2/wx.jacobian-x"]
        assert uids([f"{path}::wx"]) == ["X1/wx.vjp", "X2/wx.jacobian-x"]
        assert uids([f"{path}::X2"]) == uids([f"{path}::X2/wx.jacobian-x"]) == ["X2/wx.jacobian-x"]
        assert select([str(path)]).origin == str(path)

    def test_a_file_named_twice_is_loaded_once(self, file):
        path = file(WX)

        assert uids([f"{path}::X2", str(path)]) == ["X2/wx.jacobian-x", "X1/wx.vjp"]

    def test_formulas_come_in_the_order_of_definition_also_from_containers(self, file):
        path = file(
            """
            def make(name):
                return formula(shapes={"x": "n"}, name=name)(lambda x: x)

            last = [make("a"), make("b")]
            table = {"k": make("c")}
            pair = (make("d"), last[0], "no formula")
            e = alias = make("e")
            """
        )

        assert [f.name for f in load_file(path)] == ["a", "b", "c", "d", "e"]

    def test_modules_beside_the_file_can_be_imported_and_are_forgotten(self, file, tmp_path):
        (tmp_path / "one").mkdir()
        (tmp_path / "two").mkdir()
        for folder in ("one", "two"):
            (tmp_path / folder / "helpers.py").write_text(f"NAME = {folder!r}\n")
        text = (
            "from helpers import NAME\n@formula(shapes={'x': 'n'}, name=NAME)\ndef f(x):\n    return x\n"
            "@f.forward\ndef same(x):\n    return x\n"
        )
        one, two = file(text, "one/f.py"), file(text, "two/f.py")

        assert uids([str(one), str(two)]) == ["one.forward", "two.forward"]

    def test_a_formula_without_claims_is_a_remark(self, file):
        path = file(WX + BARE)

        assert select([str(path)]).remarks == (f"{path}: the formula bare has no claims.",)

    def test_two_claims_of_one_name_are_refused(self, file):
        with pytest.raises(
            UsageError, match=r"X1/wx.vjp: there are two claims of this name, in .*a.py and in .*b.py"
        ):
            select([str(file(WX, "a.py")), str(file(WX, "b.py"))])

    @pytest.mark.parametrize(
        ("text", "name", "message"),
        [
            ("", "", "there is no formula in it"),
            ("x = 1", "", r"there is no formula in it.*:forward --backward backward --shapes"),
            (BARE, "", "not one claim about them; add one, as in @"),
            (BARE, "::bare", "the formula 'bare' has no claims"),
            (WX, "::wy", "Did you mean 'wx'"),
            (WX, "::", "a name is missing after '::'"),
        ],
    )
    def test_files_with_nothing_to_check_are_refused(self, file, text, name, message):
        with pytest.raises(UsageError, match=message):
            select([f"{file(text)}{name}"])

    def test_a_missing_file_and_a_folder_are_refused(self, tmp_path):
        (tmp_path / "folder.py").mkdir()
        for name in ("none.py", "folder.py", "none.py::x"):
            with pytest.raises(UsageError, match="there is no such file"):
                select([str(tmp_path / name)])


class TestBrokenFiles:
    def broken(self, path):
        with pytest.raises(UsageError) as caught:
            load_file(path)
        assert "importlib" not in str(caught.value)
        assert "user_files.py" not in str(caught.value)
        assert caught.value.__suppress_context__
        return str(caught.value)

    def test_the_users_own_lines_are_shown(self, file):
        text = self.broken(file("def f():\n    return 1 / 0\n\nf()\n"))

        assert "mine.py cannot be imported:" in text
        assert 'mine.py", line 6, in <module>' in text
        assert "return 1 / 0" in text
        assert text.endswith("ZeroDivisionError: division by zero")

    def test_a_syntax_error_is_shown_with_its_line(self, file):
        text = self.broken(file("def f(:\n"))

        assert 'mine.py", line 3' in text
        assert "SyntaxError" in text

    def test_a_wrong_declaration_is_one_sentence_with_its_line(self, file):
        text = self.broken(file("formula(shapes={'x': 'n ?'})(lambda x: x)\n"))

        assert re.search(r"mine\.py:\d+: shapes\['x'\]: cannot read", text)
        assert "Traceback" not in text
        assert "\n" not in text

    def test_one_in_a_module_beside_it_is_shown_on_its_way(self, file, tmp_path):
        (tmp_path / "helpers.py").write_text("import gradcheck\ngradcheck.formula()(lambda x: x)\n")
        text = self.broken(file("import helpers\n"))

        assert 'helpers.py", line 2' in text
        assert "UsageError: formula: shapes is missing" in text

    def test_causes_are_shown_too(self, file):
        text = self.broken(
            file("try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('b') from e\n")
        )

        assert "KeyError: 'a'" in text
        assert "ValueError: b" in text

    def test_a_missing_module_and_a_helper_that_breaks(self, file, tmp_path):
        assert "No module named 'nowhere_to_be_found'" in self.broken(file("import nowhere_to_be_found\n"))
        (tmp_path / "helpers.py").write_text("raise RuntimeError('inside')\n")
        assert 'helpers.py", line 1' in self.broken(file("import helpers\n"))

    def test_sys_exit_does_not_end_us(self, file):
        assert "calls sys.exit()" in self.broken(file("raise SystemExit(0)\n"))

    def private(self):
        return {name for name in sys.modules if name.startswith("_gradcheck_file_")}

    def test_ctrl_c_does(self, file):
        before = self.private()
        with pytest.raises(KeyboardInterrupt):
            load_file(file("raise KeyboardInterrupt\n"))
        assert self.private() == before

    def test_a_broken_file_leaves_no_module(self, file):
        before = self.private()
        self.broken(file("raise ValueError\n"))
        assert self.private() == before
