"""Who may import whom, checked on the imports of every file; each wall with a wrong twin."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import gradcheck
import gradcheck_backends

CORE = Path(gradcheck.__file__).parent
BACKENDS = Path(gradcheck_backends.__file__).parent
HEAVY = {"jax", "sympy", "hypothesis", "torch", "autograd"}

INSIDES = {
    "engine",
    "session",
    "verification",
    "examination",
    "judge",
    "kinks",
    "arbitration",
    "minimise",
    "training",
    "truths",
    "candidate",
    "generation",
    "points",
    "opinions",
    "counterexample",
    "comparison",
    "forwards",
    "backend",
    "discovery",
    "arithmetic",
    "sizes",
    "agreement",
    "step_curve",
    "battery",
    "allowed",
    "sampling",
    "chains",
}
"""What belongs to the engine: reports and command line see records only."""


def module_of(file):
    root = BACKENDS.parent if BACKENDS in file.parents else CORE.parent
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(source, *, top_level_only=False):
    """Every module that a source imports; `from a import b` counts as `a` and as `a.b`."""
    tree = ast.parse(source)
    nodes = _top_level(tree) if top_level_only else ast.walk(tree)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _top_level(tree):
    """What runs when the module is imported: not inside functions, not under TYPE_CHECKING."""
    for node in tree.body:
        if isinstance(node, ast.If):
            if "TYPE_CHECKING" not in ast.unparse(node.test):
                yield from node.body
        else:
            yield node


def files(folder, *parts):
    found = sorted(p for p in folder.joinpath(*parts).rglob("*.py"))
    assert found
    return found


def inside(imported, *modules):
    """The imports that are one of the modules or lie in it."""
    return {i for i in imported if any(i == m or i.startswith(m + ".") for m in modules)}


def engine_insides(source):
    """Imports of the engine's insides in one source."""
    return inside(imports_of(source), *(f"gradcheck.{name}" for name in INSIDES), "gradcheck_backends")


def foreign_core(source):
    """Imports of a backend from the core, beyond the face that is shown to it."""
    allowed = ("gradcheck.backend", "gradcheck.arithmetic", "gradcheck.errors")
    return inside(imports_of(source), "gradcheck") - inside(imports_of(source), *allowed) - {"gradcheck"}


def other_backends(source, own):
    """Imports of one public backend by another, or by a private helper."""
    public = {p.stem for p in BACKENDS.glob("*.py") if not p.stem.startswith("_")} - {own}
    return inside(imports_of(source), *(f"gradcheck_backends.{name}" for name in public))


@pytest.mark.parametrize(
    "file", files(CORE, "report") + files(CORE, "cli") + files(CORE, "pytest_plugin"), ids=module_of
)
def test_reports_command_line_and_plugin_read_records_and_never_reach_into_the_engine(file):
    """`gradcheck.running.stream`, `.checker`, `.replay` and `.registry` are their doors."""
    assert engine_insides(file.read_text()) == set()


@pytest.mark.parametrize("file", files(BACKENDS), ids=module_of)
def test_backends_know_the_cores_types_and_never_each_other(file):
    """Their private helpers beside them are shared."""
    assert foreign_core(file.read_text()) == set()
    assert other_backends(file.read_text(), file.stem) == set()


@pytest.mark.parametrize("file", files(CORE), ids=module_of)
def test_the_core_finds_backends_only_through_the_registry(file):
    """No import of the backends' package anywhere in the core."""
    assert inside(imports_of(file.read_text()), "gradcheck_backends") == set()


@pytest.mark.parametrize("file", files(CORE, "protocol"), ids=module_of)
def test_the_protocol_runs_claims_and_asks_the_oracle_but_never_judges(file):
    """A program is a candidate like any other; only smoke chooses sizes of its own."""
    allowed = (
        {"gradcheck.judging.points.sizes", "gradcheck.judging.points.sizes.plan"}
        if file.stem == "smoke"
        else set()
    )
    assert engine_insides(file.read_text()) - allowed == set()


JUDGING = {"engine", "verification", "examination", "arbitration", "minimise", "training", "truths"}
"""What judges candidates; the oracle has truths of its own."""

TRUTH = {"rounding", "certify", "nudge", "sources", "taps", "reference", "kink_answers"}
"""The files of the oracle that say what is right."""


def judging(source):
    """Imports of what judges hand-written code."""
    return inside(imports_of(source), *(f"gradcheck.{name}" for name in JUDGING))


def hand_written(source):
    """Imports of what runs hand-written code, and of the claims that hold it."""
    return inside(
        imports_of(source),
        "gradcheck.judging.candidates.running",
        "gradcheck.formulas.claim",
        "gradcheck.catalogue",
    )


@pytest.mark.parametrize("file", files(CORE, "oracles"), ids=module_of)
def test_the_oracle_stands_beside_the_engine(file):
    """It runs the backends' programs itself, and no truth of it comes from hand-written code."""
    assert judging(file.read_text()) == set()
    if file.stem in TRUTH:
        assert hand_written(file.read_text()) == set()


@pytest.mark.parametrize("file", files(CORE), ids=module_of)
def test_only_those_who_serve_others_know_the_oracle(file):
    """The command line, the protocol and the schemas; never the engine."""
    servants = ("oracles", "protocol", "cli", "schemas", "__init__.py")
    imported = inside(imports_of(file.read_text()), "gradcheck.oracles")
    assert file.relative_to(CORE).parts[0] in servants or imported == set()


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ("from gradcheck.judging.answers.expected import truths", True),
        ("import gradcheck.checking.claim_check", True),
        ("from gradcheck.judging.candidates.running import run_in_balls", True),
        ("def f():\n    from gradcheck.formulas.claim import Claim", True),
        (
            "from gradcheck.judging.session import Session\nfrom gradcheck.judging.comparing import compare",
            False,
        ),
    ],
)
def test_the_walls_around_the_oracle_would_notice(source, caught):
    """The twin."""
    assert bool(judging(source) | hand_written(source)) == caught


@pytest.mark.parametrize("file", files(CORE, "catalogue"), ids=module_of)
def test_the_catalogue_knows_formulas_only(file):
    """It is what a user would write."""
    allowed = (
        "gradcheck.catalogue",
        "gradcheck.formulas.decorating",
        "gradcheck.formulas.claim",
        "gradcheck.formulas.values",
        "numpy",
        "collections",
        "dataclasses",
        "typing",
        "__future__",
        "functools",
    )
    imported = imports_of(file.read_text())
    assert imported - inside(imported, *allowed) == set()


@pytest.mark.parametrize("file", files(CORE, "arithmetic"), ids=module_of)
def test_the_arithmetic_stands_on_its_own(file):
    """It knows errors, and nothing of claims or backends."""
    imported = inside(imports_of(file.read_text()), "gradcheck")
    assert imported - inside(imported, "gradcheck.arithmetic", "gradcheck.errors") == set()


@pytest.mark.parametrize("file", files(CORE, "indexed"), ids=module_of)
def test_indexed_symbols_know_nothing_of_claims(file):
    """They are one more arithmetic: errors, and nothing else of ours."""
    imported = inside(imports_of(file.read_text()), "gradcheck")
    assert imported - inside(imported, "gradcheck.proofs.indexed", "gradcheck.errors") == set()


@pytest.mark.parametrize("file", files(CORE, "proofs"), ids=module_of)
def test_proofs_stand_beside_the_engine(file):
    """The engine holds them against its comparison; they ask it for one only where it is started by hand."""
    engine = inside(
        imports_of(file.read_text()),
        "gradcheck.checking.claim_check",
        "gradcheck.judging.session",
        "gradcheck.report",
    )
    assert file.stem == "showing" or engine == set()


def adapters_reach(source):
    """Imports of an adapter beyond the contract, the arithmetic and points."""
    allowed = ("adapters", "arithmetic", "callables", "claims", "errors", "foreign", "points", "same_code")
    imported = inside(imports_of(source), "gradcheck")
    return imported - inside(imported, *(f"gradcheck.{name}" for name in allowed)) - {"gradcheck"}


@pytest.mark.parametrize("file", files(CORE, "adapters"), ids=module_of)
def test_adapters_know_the_contract_and_never_the_engine(file):
    """They make a pair; what becomes of it is not their business."""
    assert adapters_reach(file.read_text()) == set()


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ("from gradcheck.checking.claim_check import check_claim", True),
        ("def f():\n    from gradcheck.judging.comparing import compare", True),
        ("from gradcheck.errors import Unsupported\nfrom gradcheck.arithmetic import wrap", False),
    ],
)
def test_the_wall_around_the_adapters_would_notice(source, caught):
    """The twin."""
    assert bool(adapters_reach(source)) == caught


@pytest.mark.parametrize("file", files(CORE), ids=module_of)
def test_no_module_of_the_core_imports_a_heavy_library_when_it_is_imported(file):
    """JAX, SymPy and Hypothesis are imported inside the functions that need them."""
    imported = imports_of(file.read_text(), top_level_only=True)
    assert {i.split(".")[0] for i in imported} & HEAVY == set()


def test_only_one_backend_knows_each_library():
    """SymPy belongs to the symbolic files, JAX to those of autodiff."""
    users = {"sympy": set(), "jax": set()}
    for file in files(BACKENDS):
        for library, found in users.items():
            if inside(imports_of(file.read_text()), library):
                found.add(file.stem)
    assert users["sympy"]
    assert users["jax"]
    assert not users["sympy"] & users["jax"]
    assert not (users["sympy"] | users["jax"]) & {"finite_difference"}


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ("from gradcheck.checking.claim_check import check_claim", True),
        ("import gradcheck.judging.session", True),
        ("from gradcheck import judge", True),
        ("def f():\n    from gradcheck.arithmetic.balls import enclose", True),
        ("from gradcheck_backends import symbolic", True),
        (
            "from gradcheck.running.stream import run\nfrom gradcheck.records.types import Header\nimport gradcheck.records.reading",
            False,
        ),
        ("from gradcheck.report import text", False),
    ],
)
def test_the_wall_around_the_engine_would_notice(source, caught):
    """The twin: imports that it must catch, and some that it must not."""
    assert bool(engine_insides(source)) == caught


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ("from gradcheck.judging.points.point import Point", True),
        ("import gradcheck.judging.comparing", True),
        ("from gradcheck_backends.symbolic import Symbolic", True),
        ("from gradcheck_backends import symbolic", True),
        ("from gradcheck.backend import Answer\nfrom gradcheck.arithmetic.domain import Domain", False),
        ("from gradcheck.errors import Unsupported\nfrom gradcheck_backends._jaxpr import evaluate", False),
    ],
)
def test_the_wall_around_the_backends_would_notice(source, caught):
    """The twin."""
    assert bool(foreign_core(source) | other_backends(source, "autodiff")) == caught


def test_an_import_inside_a_function_or_for_typing_is_not_one_at_import():
    """The twin of the heavy libraries."""
    late = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import jax\ndef f():\n    import sympy\n"
    assert {i.split(".")[0] for i in imports_of(late, top_level_only=True)} & HEAVY == set()
    assert imports_of("import jax.numpy", top_level_only=True) == {"jax.numpy"}
    assert HEAVY & imports_of(late)


def loaded_after(code):
    program = f"import sys\n{code}\nprint(*sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import gradcheck", set()),
        ("import gradcheck; gradcheck.verify, gradcheck.formula, gradcheck.one_hot", set()),
        ("import gradcheck; gradcheck.strategies.points, gradcheck.Result", set()),
        ("import gradcheck.checking.battery", set()),
        ("import gradcheck; gradcheck.with_cache, gradcheck.layer, gradcheck.adapters.torch_function", set()),
        ("from gradcheck.adapters import autograd_primitive, jax_custom_vjp", set()),
        (
            "import gradcheck.running.stream, gradcheck.running.replay, gradcheck.running.registry, gradcheck.records.reading",
            set(),
        ),
        ("import gradcheck.catalogue; gradcheck.catalogue.formulas()", set()),
        ("import gradcheck.cli.main, gradcheck.report", set()),
        ("import gradcheck.pytest_plugin", set()),
        ("import gradcheck; gradcheck.chain, gradcheck.Layer", set()),
        ("import sympy", {"sympy"}),
    ],
)
def test_what_a_process_has_loaded(code, heavy):
    """In a process of its own; the last one is the twin."""
    assert loaded_after(code) == heavy


def asks_for_diagnoses(source):
    """Imports of the diagnosis, but for its vocabulary."""
    imported = inside(imports_of(source), "gradcheck.diagnosis")
    return imported - inside(imported, "gradcheck.diagnosis.kinds") - {"gradcheck.diagnosis"}


def knows_mistakes(source):
    """Imports of edits and explanations."""
    return inside(imports_of(source), "gradcheck.diagnosis.edits", "gradcheck.diagnosis.explaining")


@pytest.mark.parametrize("file", files(CORE), ids=module_of)
def test_diagnoses_are_asked_for_once_a_verdict_stands(file):
    """By the engine, and by the judge of answers to test vectors."""
    first, *_ = file.relative_to(CORE).parts
    asking = {"engine.py", "compare.py"}
    assert first == "diagnosis" or file.name in asking or asks_for_diagnoses(file.read_text()) == set()


@pytest.mark.parametrize("file", files(CORE, "diagnosis", "tracing"), ids=module_of)
def test_watching_code_knows_nothing_of_mistakes(file):
    """`tracing` serves edits and explanations, never the other way."""
    assert knows_mistakes(file.read_text()) == set()


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ("from gradcheck.diagnosis.diagnose import diagnose", True),
        ("def f():\n    from gradcheck.diagnosis import diagnosed", True),
        ("from gradcheck.diagnosis.edits.edit import Edit", True),
        ("from gradcheck.diagnosis.kinds import KINDS", False),
    ],
)
def test_the_walls_around_the_diagnosis_would_notice(source, caught):
    """The twin."""
    assert bool(asks_for_diagnoses(source) | knows_mistakes(source)) == caught
