"""The pytest plugin: formula files as tests, the fixture `gradcheck`, reports of a test run.

pytest loads this module in every environment that gradcheck is installed in, so it imports nothing
but pytest. What it does is in the modules beside it, which are imported when they are needed.

    pytest formulas/layers.py                  one test per claim and backend of that file
    gradcheck_files = formulas/*.py            the same for these files, in the ini file
    pytest --gradcheck-report=reports          the reports of `gradcheck verify`, of a test run
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gradcheck.pytest_plugin.fixture import Checks

_MARKER = (
    "gradcheck(seed, max_examples, backends): a claim of a formula file; on a test of your own, options "
    "of the `gradcheck` fixture in it"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gradcheck", "gradcheck: derivatives written by hand")
    group.addoption(
        "--gradcheck-report",
        metavar="DIR",
        default=None,
        help="Write the reports of what gradcheck found into this folder: run.jsonl, summary.json, "
        "junit.xml, report.md, report.html.",
    )
    group.addoption(
        "--gradcheck-seed", metavar="N", type=_from(0), default=0, help="Where the points start. [0]"
    )
    group.addoption(
        "--gradcheck-max-examples", metavar="N", type=_from(1), default=50, help="Points per claim. [50]"
    )
    group.addoption(
        "--gradcheck-backend",
        metavar="B",
        action="append",
        default=None,
        help="Use only this backend. Repeatable. [all that are installed]",
    )
    parser.addini(
        "gradcheck_files",
        type="args",
        default=[],
        help="Files of formulas to check, as patterns below the root folder: formulas/*.py",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)
    if config.getini("gradcheck_files"):
        from gradcheck.pytest_plugin.files import find_files

        find_files(config)
    if config.getoption("gradcheck_report") and not config.getoption("collectonly"):
        from gradcheck.pytest_plugin.reporting import register

        register(config)


def pytest_sessionstart(session: pytest.Session) -> None:
    if session.config.getoption("gradcheck_backend"):
        from gradcheck.pytest_plugin.checking import check_backends

        check_backends(session.config)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    collectors = yield
    named = parent.session.isinitpath(file_path)
    if file_path.suffix != ".py" or not (named or parent.config.getini("gradcheck_files")):
        return collectors
    from gradcheck.pytest_plugin.files import with_formulas

    return with_formulas(file_path, parent, collectors, named=named)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    if call.excinfo is not None:
        from gradcheck.pytest_plugin.tracebacks import without_our_frames

        call.excinfo = without_our_frames(call.excinfo)
    report = yield
    if report.skipped and hasattr(item, "skipped_at"):
        report.longrepr = item.skipped_at(report.longrepr)
    return report


@pytest.fixture(name="gradcheck")
def gradcheck_fixture(request: pytest.FixtureRequest) -> Checks:
    """`gradcheck.verify` and `gradcheck.assert_correct` with the options of this run.

    What they find is recorded for `--gradcheck-report`, under the name of the test.
    """
    from gradcheck.pytest_plugin.fixture import Checks

    return Checks(request.node)


def _from(least: int) -> Any:
    def number(text: str) -> int:
        value = int(text)
        if value < least:
            raise ValueError
        return value

    number.__name__ = f"integer of {least} or more"  # argparse: invalid ... value
    return number
