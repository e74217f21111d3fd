"""Finding backends, and living with broken ones."""

import pytest

import gradcheck
from gradcheck.errors import UsageError
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.answers.backends import GROUP, choose, discover
from gradcheck.records.types import BackendRow
from gradcheck.running.stream import RunOptions, run


def names(found):
    return [f.name for f in found]


def test_our_backends_come_first_and_others_by_name(entry_points, told):
    """Through the entry-point group."""
    assert GROUP == "gradcheck.backends"
    assert names(discover()) == ["symbolic", "finite_difference", "autodiff"]
    assert all(f.backend is not None and f.version for f in discover())
    entry_points(zzz=told("zzz", None).backend, aaa=told("aaa", None).backend)
    assert names(discover()) == ["symbolic", "finite_difference", "autodiff", "aaa", "zzz"]


def test_backends_are_chosen_by_name_in_the_order_given():
    """A name given twice counts once."""
    assert names(choose(["autodiff", "symbolic", "autodiff"])) == ["autodiff", "symbolic"]
    assert names(choose(None)) == ["symbolic", "finite_difference", "autodiff"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            ["symbolc"],
            "'symbolc'; there are symbolic, finite_difference, autodiff. Did you mean 'symbolic'?",
        ),
        (["finite-differences"], "Did you mean 'finite_difference'?"),
        (["xyz"], "unknown backend 'xyz'; there are symbolic, finite_difference, autodiff."),
        ([], "backends: the list is empty; leave it out to use all that are installed"),
    ],
)
def test_unknown_backends_are_refused_with_a_suggestion(asked, words):
    """By `verify` as well."""
    for call in (
        lambda: choose(asked),
        lambda: gradcheck.verify(lambda x: x, lambda d, x: d, {"x": "n"}, backends=asked),
    ):
        with pytest.raises(UsageError) as error:
            call()
        assert words in str(error.value)


def test_no_backend_at_all_is_a_broken_installation(entry_points):
    """Nothing could be checked."""
    entry_points(only=True)
    with pytest.raises(UsageError, match="no backend is registered: the installation is broken"):
        choose(None)


class Missing:
    name = "autodiff"
    install = "pip install 'gradcheck[jax]'"

    def version(self):
        raise ImportError("No module named 'jax'")

    def derive(self, problem):
        raise AssertionError("a missing backend must not be asked")


BROKEN = {
    "its library is missing": (
        Missing(),
        "ImportError: No module named 'jax'; install it with: pip install 'gradcheck[jax]'",
    ),
    "its module cannot be imported": (
        ImportError("libcusparse.so.12: cannot open\nmore"),
        "ImportError: libcusparse.so.12: cannot open",
    ),
    "importing it breaks": (RuntimeError("bad build"), "RuntimeError: bad build"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("backend", ["autodiff", "symbolic"])
def test_with_a_broken_backend_the_rest_runs_and_the_header_says_so(entry_points, name, backend):
    """Nobody asked for it by name."""
    loads, reason = BROKEN[name]
    entry_points(**{backend: loads})
    formula = Formula(lambda x: x * x, {"x": "n"}, name="square")
    formula.vjp(lambda d, x: 2 * d * x)
    header, *rows, row, footer = run(formula.claims, RunOptions(max_examples=6))
    (info,) = [b for b in header.backends if not b.available]
    assert (info.name, info.version, info.reason) == (backend, None, reason)
    assert (row.verdict, footer.exit_code) == ("pass", 0)
    by_name = {r.backend: r for r in rows if isinstance(r, BackendRow)}
    assert (by_name[backend].verdict, by_name[backend].reason) == ("unsupported", reason)
    assert [r.verdict for n, r in by_name.items() if n != backend] == ["pass", "pass"]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_backend_that_was_asked_for_is_refused(entry_points, name):
    """With the reason and how to install it."""
    loads, reason = BROKEN[name]
    entry_points(autodiff=loads)
    with pytest.raises(UsageError) as error:
        choose(["symbolic", "autodiff"])
    assert str(error.value) == f"the backend 'autodiff' cannot be used: {reason}"
    assert names(choose(["symbolic"])) == ["symbolic"]


def test_a_version_that_breaks_late_makes_a_backend_unavailable(monkeypatch):
    """JAX is there and cannot be imported."""
    from gradcheck_backends.autodiff import Autodiff

    def version(self):
        raise OSError("jaxlib was built for another processor")

    monkeypatch.setattr(Autodiff, "version", version)
    found = {f.name: f for f in discover()}
    assert found["autodiff"].backend is None
    assert "jaxlib was built for another processor" in found["autodiff"].reason
    assert found["symbolic"].backend is not None
