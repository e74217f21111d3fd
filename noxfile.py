"""Development tasks. `nox` runs what CI runs, in the environment that nox itself is installed in;
`nox -s tests-3.12` runs the tests in an environment of its own.
"""

from __future__ import annotations

import sys
import tempfile
import tomllib
import zipfile
from itertools import chain
from pathlib import Path

import nox
from packaging.requirements import Requirement
from packaging.version import Version

nox.needs_version = ">=2024.10"
nox.options.sessions = ["lint", "types", "house", "build", "docs", "cover", "slow"]

PYTHONS = ["3.11", "3.12", "3.13"]
HERE = Path(__file__).parent
MIN_COVERAGE = 90
IN_TWO = ("-n", "2", "--dist", "worksteal")
"""Two workers, each with one half of the tests in order: what the tests of a file share is made once."""


def python(session: nox.Session, *args: str, **options: object) -> None:
    """Run a module in nox's own environment, whether it is activated or not."""
    session.run(sys.executable, "-m", *args, external=True, **options)


@nox.session(venv_backend="none")
def lint(session: nox.Session) -> None:
    """ruff: rules and format."""
    python(session, "ruff", "check", ".")
    python(session, "ruff", "format", "--check", ".")


@nox.session(venv_backend="none")
def types(session: nox.Session) -> None:
    """mypy, strict, over both packages."""
    python(session, "mypy")


@nox.session(venv_backend="none")
def house(session: nox.Session) -> None:
    """Files, lines, import circles and floors; `tests/test_walls.py` holds the walls up."""
    session.run(sys.executable, "tests/house.py", external=True)


@nox.session(venv_backend="none")
def cover(session: nox.Session) -> None:
    """Branch coverage over the tests that reach most of the code in little time."""
    cov = ("--cov", f"--cov-fail-under={MIN_COVERAGE}")
    python(session, "pytest", *IN_TWO, "-m", "not slow and not untraced", *cov, *session.posargs)


@nox.session(venv_backend="none")
def slow(session: nox.Session) -> None:
    """All other tests, without coverage: the examples of README and docs, workers, the browser, attacks, a
    part of the corpora of right and wrong formulas.
    """
    python(session, "pytest", *IN_TWO, "-m", "slow or untraced", *session.posargs)


@nox.session(venv_backend="none", default=False)
def whole(session: nox.Session) -> None:
    """All tests with the corpora whole, every wrong twin with what is said of it: half an hour."""
    python(session, "pytest", *IN_TWO, *session.posargs, env={"GRADCHECK_WHOLE": "1"})


@nox.session(venv_backend="none", default=False)
def attacks(session: nox.Session) -> None:
    """2,000 random branches in front of wrong code: none is proved, and each that can be met is refuted."""
    test = "tests/proofs/test_random_branches.py"
    python(session, "pytest", test, *session.posargs, env={"GRADCHECK_BRANCHES": "2000"})


@nox.session(venv_backend="none", default=False)
def mutants(session: nox.Session) -> None:
    """Thousands of backward passes with one operation changed, told right from wrong by a judge of their own,
    and the page about them: an hour. `nox -s mutants -- --log FILE` goes on with a campaign that was stopped.
    """
    log = () if "--log" in session.posargs else ("--log", str(Path(session.create_tmp()) / "mutants.jsonl"))
    session.run(sys.executable, "docs/generate_mutants.py", *log, *session.posargs, external=True)


@nox.session(venv_backend="none", default=False)
def low_precision(session: nox.Session) -> None:
    """Make the page with candidates in low precision anew; `-- --everywhere`: all layers in all types."""
    session.run(sys.executable, "docs/generate_low_precision.py", *session.posargs, external=True)


@nox.session(default=False)
def torch_layers(session: nox.Session) -> None:
    """Judge PyTorch's own layers in low precision on the CPU, and make the page about them."""
    session.install(".[test,torch]")
    session.run("python", "docs/generate_torch_layers.py", *session.posargs)


@nox.session(venv_backend="none")
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning is an error. Its examples are run by the tests."""
    with tempfile.TemporaryDirectory() as folder:
        python(session, "sphinx", "-q", "-W", "--keep-going", "docs", folder)


@nox.session(venv_backend="none", default=False)
def report(session: nox.Session) -> None:
    """Make the published report of the catalogue anew."""
    python(session, "gradcheck", "verify", "--report-dir", "reports/catalogue")


@nox.session(venv_backend="none", default=False)
def autograd_rules(session: nox.Session) -> None:
    """Check autograd's own rules anew, and make the page about them."""
    session.run(sys.executable, "docs/generate_autograd_rules.py", external=True)


@nox.session(venv_backend="none", default=False)
def diagnoses(session: nox.Session) -> None:
    """Ask anew what is wrong with every wrong twin, and make the pages about them: a quarter of an hour."""
    session.run(sys.executable, "docs/generate_diagnoses.py", *session.posargs, external=True)


@nox.session(default=False)
def frameworks(session: nox.Session) -> None:
    """The adapters' tests with PyTorch, which is too large for every run: hundreds of megabytes."""
    session.install(".[test,torch]")
    session.run("python", "-c", "import torch")  # else its tests would be skipped
    session.run("pytest", "tests/adapters", *session.posargs)


@nox.session(default=False)
def regressions(session: nox.Session) -> None:
    """Time two commits in turns, with asv: `nox -s regressions -- OLD NEW`; the last two without."""
    session.install("asv", "virtualenv")
    config = str(HERE / "benchmarks" / "asv.conf.json")
    session.run("asv", "machine", "--yes", "--config", config, silent=True)
    commits = session.posargs or ["HEAD~1", "HEAD"]
    session.run("asv", "continuous", "--config", config, "--interleave-rounds", "--show-stderr", *commits)


@nox.session(venv_backend="none", default=False)
def vectors(session: nox.Session) -> None:
    """Make the test vectors of the catalogue anew, and those of ten layers."""
    python(session, "gradcheck", "vectors", "--out", "vectors/v1")
    code = "from gradcheck.catalogue.layers import IN_VECTORS; print(*IN_VECTORS)"
    layers = session.run(sys.executable, "-c", code, external=True, silent=True)
    python(session, "gradcheck", "vectors", *str(layers).split(), "--out", "vectors/v1")


@nox.session(venv_backend="none")
def build(session: nox.Session) -> None:
    """Build the wheel and look into it: two packages, their data files, nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        python(session, "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, str(HERE))
        (wheel,) = Path(folder).glob("*.whl")
        names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    if top != {"gradcheck", "gradcheck_backends"}:
        session.error(f"the wheel's top levels are {sorted(top)}")
    wanted = [
        "gradcheck/py.typed",
        "gradcheck_backends/py.typed",
        "gradcheck/schemas/log.schema.json",
        "gradcheck/report/page/templates/report.html.j2",
        "gradcheck/cli/start.py.txt",
        *(
            f"gradcheck/{file.relative_to(HERE).as_posix()}"
            for file in sorted(HERE.glob("harnesses/*/harness.*"))
        ),
    ]
    if missing := [name for name in wanted if name not in names]:
        session.error(f"the wheel lacks {', '.join(missing)}")
    session.log("%d files, top levels %s", len(names), sorted(top))


@nox.session(python=PYTHONS, default=False)
def tests(session: nox.Session) -> None:
    """The tests on one Python version, against an installed wheel."""
    session.install(".[dev]")
    session.run("pytest", *session.posargs)


def lowest_versions(pyproject: str) -> list[str]:
    """What pyproject.toml names, each as `name==version` with the lowest version that it allows: the bound of
    `>=`, or `1.9` for `==1.9.*`; the highest of them where a name comes more than once.
    """
    project = tomllib.loads(pyproject)["project"]
    lines = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    found: dict[str, Version] = {}
    for requirement in map(Requirement, lines):
        for bound in requirement.specifier:
            if bound.operator not in {">=", "=="}:
                raise ValueError(f"{requirement}: expected a lower bound (>=) or a pin (==)")
            version = Version(bound.version.removesuffix(".*"))
            found[requirement.name] = max(version, found.get(requirement.name, version))
    return [f"{name}=={version}" for name, version in sorted(found.items())]


@nox.session(python=PYTHONS[0], default=False)
def lowest(session: nox.Session) -> None:
    """The quick tests with the lowest versions that pyproject.toml allows, on the lowest Python."""
    constraints = Path(session.create_tmp()) / "lowest.txt"
    versions = lowest_versions((HERE / "pyproject.toml").read_text("utf-8"))
    constraints.write_text("\n".join(versions) + "\n", "utf-8")
    session.install("--constraint", str(constraints), ".[test,browser]", "mypy")  # what the tests use
    session.run("pytest", "-n", "2", "-m", "not slow", *session.posargs)
