"""Who may import whom: an allow-list by layer, held against every import, lazy and typing ones too.

A new file is inside the walls as soon as it is there. Every wall has a wrong twin.
"""

import ast
import subprocess
import sys

import pytest

from tests.house import FACE, circles, depth, entries, files, graph, imports, resolved

HEAVY = {"jax", "sympy", "hypothesis", "torch", "autograd"}

FACES = {"errors", "backend", "strategies", "api", "_version", "__main__"}
"""Modules at the top of `gradcheck/`: what people import by name."""

LAYERS = {
    # what the numbers are
    "errors": set(),
    "_version": set(),
    "arithmetic": {"errors"},
    "backend": {"arithmetic", "errors"},
    # what a run writes down, and who renders it
    "records": {"errors"},
    "report": {"records", "errors"},
    # what a person declares
    "formulas": {"records", "backend", "arithmetic", "errors"},
    "catalogue": {"formulas"},
    # one claim at one point, one claim for all shapes, what mistake it is
    "judging": {"formulas", "records", "backend", "arithmetic", "errors"},
    "strategies": {"judging", "formulas", "errors"},
    "adapters": {"judging", "formulas", "arithmetic", "errors"},
    "proofs": {"judging", "formulas", "records", "backend", "arithmetic", "errors"},
    "diagnosis": {"proofs", "judging", "formulas", "records", "backend", "arithmetic", "errors"},
    # one claim over all its points
    "checking": {"diagnosis", "proofs", "judging", "formulas", "records", "backend", "arithmetic", "errors"},
    # many claims, in one process or several
    "running": {
        *{"checking", "proofs", "judging", "catalogue", "formulas", "report", "records"},
        *{"errors", "_version"},
    },
    # nets of layers, and right values for other implementations
    "chains": {
        *{"running", "checking", "judging", "adapters", "formulas", "report", "records"},
        *{"arithmetic", "errors"},
    },
    "oracles": {
        *{"running", "checking", "diagnosis", "judging", "formulas", "records", "backend"},
        *{"arithmetic", "errors", "_version"},
    },
    "schemas": {"oracles", "report", "records"},
    # who asks
    "api": {"chains", "running", "checking", "adapters", "formulas", "errors"},
    "pytest_plugin": {"api", "running", "report", "formulas", "records", "errors"},
    "cli": {
        *{"oracles", "running", "proofs", "catalogue", "formulas", "report", "records"},
        *{"notes", "errors", "_version"},
    },
    "notes": {"report", "errors", "_version"},  # asks gradcheck through its public face
    "__main__": {"cli"},
    # a distribution may bring others: they know the core's types, and never each other
    "gradcheck_backends": {"backend", "arithmetic", "errors"},
}
"""A layer, and the layers below it that it may import. `gradcheck/__init__.py`, lazy, knows all of them."""

CORE_OF_RULES = 12
"""Files that may import each other in a circle: the rewriting rules of `proofs/indexed`, and none besides."""


def layer(module):
    top, _, rest = module.partition(".")
    return top if top != FACE else rest.partition(".")[0]


def beyond(module, source):
    """The layers that a source reaches although its own is not allowed to."""
    own = layer(module)
    reached = {layer(t) for where, name in imports(source) for t in resolved(where, name) if t != FACE}
    return reached - LAYERS[own] - {own}


def inside(found, *modules):
    return {f for f in found if any(f == m or f.startswith(f"{m}.") for m in modules)}


def targets(source, **how):
    """Every module that a source imports; `from a import b` counts as `a` and as `a.b`."""
    found = set()
    for module, name in imports(source, **how):
        found |= {module} if name is None else {module, f"{module}.{name}"}
    return found


SOURCES = {m: path.read_text(encoding="utf-8") for m, path in files().items() if m != FACE}
MODULES = sorted(SOURCES)


def test_a_layer_imports_only_what_it_is_allowed_to():
    """In functions and for the type checker too."""
    assert {m: found for m in MODULES if (found := beyond(m, SOURCES[m]))} == {}


@pytest.mark.parametrize(
    ("module", "source", "caught"),
    [
        ("gradcheck.judging.new", "from gradcheck.checking.verdict import rule", True),
        ("gradcheck.judging.new", "def f():\n    from gradcheck.proofs import prove", True),
        ("gradcheck.judging.new", "from gradcheck.formulas.claim import Claim", False),
        (
            "gradcheck.report.new",
            "if TYPE_CHECKING:\n    import gradcheck.judging.session",
            True,
        ),
        ("gradcheck.report.new", "from gradcheck.records import types", False),
        ("gradcheck.arithmetic.new", "import gradcheck.formulas.claim", True),
        ("gradcheck.cli.new", "from gradcheck.checking.claim_check import check_claim", True),
        ("gradcheck_backends.new", "from gradcheck.judging.comparing import compare", True),
        ("gradcheck_backends.new", "from gradcheck.arithmetic.balls.domains import enclose", False),
        ("gradcheck.catalogue.new", "from gradcheck.records.verdicts import Verdict", True),
        ("gradcheck.checking.new", "from gradcheck_backends import symbolic", True),
    ],
)
def test_the_walls_would_notice(module, source, caught):
    """The twin: a file that does not exist yet is inside them."""
    assert bool(beyond(module, source)) == caught


def test_every_layer_is_listed_and_stands_above_what_it_imports():
    """The table itself has no circle, and forgets nobody."""
    assert {layer(m) for m in MODULES} == set(LAYERS)
    assert circles({name: frozenset(below) for name, below in LAYERS.items()}) == []


def test_no_file_imports_itself_however_far_around():
    """But for the rewriting rules, which call each other on smaller expressions."""
    rules = "gradcheck.proofs.indexed.algebra."
    for group in circles(graph()):
        assert all(module.startswith(rules) for module in group), sorted(group)
        assert len(group) <= CORE_OF_RULES


def test_circles_and_floors_are_counted():
    """The twins of the counts."""
    arrows = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"a"}}
    arrows = {module: frozenset(below) for module, below in arrows.items()}
    assert circles(arrows) == [frozenset("bc")]
    assert depth(arrows) == 4


def test_the_top_of_the_package_can_be_taken_in_at_a_glance():
    """At most 24 entries, faces included; each package says what it is for."""
    assert len(entries()) <= 24
    for module, path in files().items():
        if path.name == "__init__.py":
            assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), module


def other_backends(source, own):
    """Imports of another backend by a backend, or by a private helper."""
    public = {m.rpartition(".")[2] for m in MODULES if m.startswith("gradcheck_backends.")}
    public = {name for name in public if not name.startswith("_")} - {own}
    return inside(targets(source), *(f"gradcheck_backends.{name}" for name in public))


def test_backends_never_know_each_other():
    """Their private helpers beside them are shared."""
    backends = [m for m in MODULES if m.startswith("gradcheck_backends.")]
    assert {m: found for m in backends if (found := other_backends(SOURCES[m], m.rpartition(".")[2]))} == {}


def test_the_wall_between_backends_would_notice():
    """The twin."""
    assert other_backends("from gradcheck_backends.symbolic import Symbolic", "autodiff")
    assert other_backends("from gradcheck_backends import symbolic", "autodiff")
    assert not other_backends("from gradcheck_backends._jax.in_balls import evaluate", "autodiff")


def test_only_one_backend_knows_each_library():
    """SymPy belongs to the symbolic files, JAX to those of autodiff."""
    users = {"sympy": set(), "jax": set()}
    for module in MODULES:
        if layer(module) == "gradcheck_backends":
            for library, found in users.items():
                if inside(targets(SOURCES[module]), library):
                    found.add(module.rpartition(".")[2])
    assert users["sympy"]
    assert users["jax"]
    assert not users["sympy"] & users["jax"]
    assert not (users["sympy"] | users["jax"]) & {"finite_difference"}


TRUTH = {"rounding", "certify", "nudge", "sources", "taps", "reference", "kink_answers"}
"""The files of the oracle that say what is right."""


def judged(source):
    """What judges candidates, or runs hand-written code: no truth of the oracle comes from there."""
    return inside(
        targets(source),
        "gradcheck.checking",
        *(f"gradcheck.judging.{name}" for name in ("asking", "arbitration", "evaluation", "point_check")),
        "gradcheck.judging.answers.expected",
        "gradcheck.judging.candidates.running",
        "gradcheck.formulas.claim",
    )


def test_no_truth_of_the_oracle_comes_from_hand_written_code():
    """It runs the backends' programs itself."""
    assert {name: found for name in TRUTH if (found := judged(SOURCES[f"gradcheck.oracles.{name}"]))} == {}


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ("from gradcheck.judging.answers.expected import right_answers", True),
        ("from gradcheck.judging.candidates.running import run_in_balls", True),
        ("def f():\n    from gradcheck.formulas.claim import Claim", True),
        ("from gradcheck.judging.session import Session", False),
    ],
)
def test_the_wall_around_the_oracles_truths_would_notice(source, caught):
    """The twin."""
    assert bool(judged(source)) == caught


def knows_mistakes(source):
    """Imports of edits and explanations."""
    return inside(targets(source), "gradcheck.diagnosis.edits", "gradcheck.diagnosis.explaining")


def test_watching_code_knows_nothing_of_mistakes():
    """`tracing` serves edits and explanations, never the other way."""
    watching = [m for m in MODULES if m.startswith("gradcheck.diagnosis.tracing")]
    assert watching
    assert {m: found for m in watching if (found := knows_mistakes(SOURCES[m]))} == {}


def test_the_wall_around_watching_would_notice():
    """The twin."""
    assert knows_mistakes("from gradcheck.diagnosis.edits.edit import Edit")
    assert not knows_mistakes("from gradcheck.diagnosis.kinds import KINDS")


def heavy(source):
    return {i.split(".")[0] for i in targets(source, lazily=False)} & HEAVY


def test_no_module_of_the_core_imports_a_heavy_library_when_it_is_imported():
    """JAX, SymPy and Hypothesis are imported inside the functions that need them."""
    core = [m for m in MODULES if layer(m) != "gradcheck_backends"]
    assert {m: found for m in core if (found := heavy(SOURCES[m]))} == {}


def test_an_import_inside_a_function_or_for_typing_is_not_one_at_import():
    """The twin of the heavy libraries."""
    late = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import jax\ndef f():\n    import sympy\n"
    assert heavy(late) == set()
    assert heavy("import jax.numpy") == {"jax"}
    assert HEAVY & targets(late)


def loaded_after(code):
    program = f"import sys\n{code}\nprint(*sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("code", "libraries"),
    [
        ("import gradcheck", set()),
        ("import gradcheck; gradcheck.verify, gradcheck.formula, gradcheck.one_hot", set()),
        ("import gradcheck; gradcheck.strategies.points, gradcheck.Result", set()),
        ("import gradcheck.checking.battery", set()),
        ("import gradcheck; gradcheck.with_cache, gradcheck.layer, gradcheck.adapters.torch_function", set()),
        ("from gradcheck.adapters import autograd_primitive, jax_custom_vjp", set()),
        ("import gradcheck.running.stream, gradcheck.running.replay, gradcheck.running.registry", set()),
        ("import gradcheck.records.reading", set()),
        ("import gradcheck.catalogue; gradcheck.catalogue.formulas()", set()),
        ("import gradcheck.cli.main, gradcheck.report", set()),
        ("import gradcheck.pytest_plugin", set()),
        ("import gradcheck; gradcheck.chain, gradcheck.Layer", set()),
        ("import sympy", {"sympy"}),
    ],
)
def test_what_a_process_has_loaded(code, libraries):
    """In a process of its own; the last one is the twin."""
    assert loaded_after(code) == libraries
