"""Test runs of pytest inside the tests: a small project, and runs that load the plugin as a user's do."""

import importlib
import pkgutil
import textwrap

import pytest

import gradcheck
import gradcheck_backends
from gradcheck.records.reading import read_log


@pytest.fixture(scope="session", autouse=True)
def _loaded():
    """Everything is loaded once, here: a run inside forgets the modules that it loaded itself, and a
    library that is loaded a second time does not know its own classes.
    """
    for package in (gradcheck, gradcheck_backends):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    gradcheck.verify(lambda x: x @ x, lambda d, x: d * x, {"x": "n"}, max_examples=6)


HEAD = "import numpy as np\nimport gradcheck as gc\n"

LAYERS = (
    HEAD
    + """

@gc.formula(shapes={"X": "batch n", "W": "n m"})
def dense(X, W):
    return np.tanh(X @ W)


@dense.vjp
def dense_backward(delta, X, W):
    dz = delta * (1 - np.tanh(X @ W) ** 2)
    return dz @ W.T, X.T @ dz


@dense.vjp(suffix="wrong")
def wrong_backward(delta, X, W):
    return delta @ W.T, X.T @ delta


@dense.vjp(suffix="book", printed=True, erratum=True)
def printed_backward(delta, X, W):
    return -delta @ W.T, X.T @ delta
"""
)

SQUARE = (
    HEAD
    + """

@gc.formula(shapes={"x": "n"})
def square(x):
    return x * x


@square.vjp
def square_backward(delta, x):
    return 2 * delta * x
"""
)

FEW = "--gradcheck-max-examples=6"
BACKENDS = ("symbolic", "finite_difference", "autodiff")


class Project:
    """A folder with files, in which pytest is run; ``outcomes`` of a run are by test name."""

    def __init__(self, pytester):
        self.pytester = pytester
        self.path = pytester.path

    def write(self, **files):
        """`formulas__layers=...` is the file formulas/layers.py; `pytest_ini=...` the ini file."""
        for name, text in files.items():
            name = "pytest.ini" if name == "pytest_ini" else f"{name.replace('__', '/')}.py"
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))

    def run(self, *words, ctrl_c=False):
        """In this process; warnings are errors."""
        if ctrl_c:
            return self.pytester.inline_run(*self._words(words), no_reraise_ctrlc=True)
        return self.pytester.runpytest_inprocess(*self._words(words))

    def run_apart(self, *words):
        """In a process of its own."""
        return self.pytester.runpytest_subprocess(*self._words(words), timeout=120)

    def log(self, folder="reports"):
        return read_log(self.path / folder / "run.jsonl")

    @staticmethod
    def _words(words):
        return [FEW, "-Werror", "-pno:cacheprovider", *map(str, words)]


@pytest.fixture
def project(pytester):
    return Project(pytester)


@pytest.fixture
def outcomes():
    """`outcomes(result)`: what each test of a run came to, by the end of its name."""

    def of(result):
        found = {}
        for report in result.reprec.getreports("pytest_runtest_logreport"):
            if report.when == "call" or report.outcome != "passed":
                word = "error" if report.outcome == "failed" and report.when != "call" else report.outcome
                found[report.nodeid.split("::", 1)[1]] = word
        return found

    return of
