"""The lists of tests that run without coverage name tests that are there, each once."""

from pathlib import Path

from tests.conftest import SLOW, UNTRACED

HERE = Path(__file__).parent
FILES = [path.relative_to(HERE).as_posix() for path in HERE.rglob("test_*.py")]


def unknown(beginnings):
    return [start for start in beginnings if not any(file.startswith(start) for file in FILES)]


def in_both(slow, untraced):
    return [start for start in untraced if start.startswith(slow)]


def test_each_begins_a_files_name():
    """A file that is renamed would be traced again, unseen."""
    assert unknown(SLOW + UNTRACED) == []
    assert unknown(("trust/", "test_gone")) == ["test_gone"]


def test_what_is_slow_is_not_listed_again():
    assert in_both(SLOW, UNTRACED) == []
    assert in_both(("trust/",), ("trust/test_proofs", "modes/")) == ["trust/test_proofs"]
