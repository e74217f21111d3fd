"""Restarts up to their limit, and answers that are none."""

import time

import numpy as np
import pytest

from gradcheck.errors import UsageError
from gradcheck.oracles.protocol.driver import Driver, Limits
from gradcheck.oracles.protocol.faults import Exhausted, ProgramFault
from gradcheck.oracles.protocol.messages import Case
from gradcheck.records.arrays import encode
from tests.wording import missing_field, wrong_type

CASE = Case(formula="identity", inputs={"x": encode(np.zeros(2))}, delta=encode(np.array([1.0, 2.0])))


@pytest.fixture
def driving(program, quick):
    """`driving(definitions, limits)`: a started driver of such a program."""
    drivers = []

    def start(definitions="", limits=quick):
        drivers.append(Driver(program(definitions), limits))
        drivers[-1].start()
        return drivers[-1]

    yield start
    for driver in drivers:
        driver.__exit__(None, None, None)


def test_a_program_is_started_once_for_all_its_cases(driving, tmp_path):
    driver = driving(f"open({str(tmp_path / 'starts')!r}, 'a').write('x')")

    for seq in range(1, 21):
        assert driver.ask(CASE).seq == seq
    assert driver.stop() == []
    assert (tmp_path / "starts").read_text() == "x"
    assert (driver.cases, driver.restarts, driver.faults) == (20, 0, 0)


@pytest.mark.parametrize(
    ("definitions", "words"),
    [
        (
            "def answer(m): write('hello\\n'); right(m)",
            "'hello'",
        ),
        ("def answer(m): write('42\\n')", "'42', which is no JSON object"),
        ("def answer(m): write('\\x00\\xff\\n')", "which is no JSON object"),
        ("def answer(m): write('[' * 100000 + '\\n')", "which is no JSON object"),
        ("def answer(m): say({'seq': m['seq'], 'gradients': {'x': float('nan')}})", "JSON has no NaN"),
        ("def answer(m): say({'seq': str(m['seq']), 'gradients': {}})", wrong_type("1", int)),
        ("def answer(m): say({'gradients': {}})", missing_field("seq")),
        ("def answer(m): say({'seq': m['seq']})", "gradients, skipped and errored, and has none"),
        ("def answer(m): say({'seq': m['seq'], 'gradient': {}})", "and has none"),
        (
            "def answer(m): say({'seq': m['seq'], 'gradients': {}, 'skipped': True})",
            "and has more than one",
        ),
        ("def answer(m): say({'seq': m['seq'] + 5, 'gradients': {}})", "which was never asked, where seq 1"),
        (
            "def answer(m): say({'seq': m['seq'], 'gradients': {'x': {'dtype': '<f8'}}})",
            missing_field("shape"),
        ),
    ],
)
def test_an_answer_that_is_none_names_what_came(driving, definitions, words):
    driver = driving(definitions)

    with pytest.raises(ProgramFault) as caught:
        driver.ask(CASE)

    assert caught.value.kind == "protocol"
    assert words in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_late_second_answer_is_found_at_the_next_case(driving):
    driver = driving(
        """
        def answer(m):
            right(m)
            if m["seq"] == 1:
                time.sleep(0.05)
                right(m)
        """
    )
    driver.ask(CASE)
    time.sleep(0.2)

    with pytest.raises(ProgramFault, match="answered seq 1, a second time, where seq 2 was expected"):
        driver.ask(CASE)
    assert driver.ask(CASE).gradients is not None


def test_a_second_answer_that_is_read_with_the_next_one_is_the_same_mistake(driving):
    """The program was slow: both lines come at once."""
    driver = driving(
        """
        def answer(m):
            if m["seq"] == 2:
                right({**m, "seq": 1})
            right(m)
        """
    )
    driver.ask(CASE)
    with pytest.raises(ProgramFault, match="answered seq 1, a second time, where seq 2 was expected"):
        driver.ask(CASE)
    assert driver.ask(CASE).gradients is not None


def test_unknown_fields_of_a_later_version_are_ignored(driving):
    driver = driving("def answer(m): say({'seq': m['seq'], 'skipped': True, 'message': 'no', 'url': 'x'})")

    assert driver.ask(CASE).message == "no"


def test_after_a_failure_the_next_case_starts_it_again(driving, tmp_path):
    driver = driving("def answer(m): m['seq'] % 3 or os._exit(7); right(m)")

    said = []
    for _ in range(9):
        try:
            said.append(driver.ask(CASE).seq)
        except ProgramFault as fault:
            said.append(fault.kind)

    assert said == [1, 2, "crash", 4, 5, "crash", 7, 8, "crash"]
    assert (driver.restarts, driver.faults) == (2, 3)


def test_the_limit_on_restarts_is_enforced(driving, tmp_path):
    starts = tmp_path / "starts"
    driver = driving(
        f"open({str(starts)!r}, 'a').write('x')\ndef answer(m): os._exit(1)", Limits(case=1.0, restarts=3)
    )

    for _ in range(4):
        with pytest.raises(ProgramFault):
            driver.ask(CASE)
    for _ in range(3):
        with pytest.raises(Exhausted, match=r"started again 3 times, which is the limit \(--max-restarts\)"):
            driver.ask(CASE)

    assert starts.read_text() == "x" * 4


def test_the_end_of_stderr_is_part_of_the_message(driving):
    driver = driving(
        """
        def answer(m):
            print("a long story", "Segmentation fault: index 3 of 3", sep="\\n", file=sys.stderr, flush=True)
            os._exit(1)
        """
    )

    with pytest.raises(ProgramFault, match=r"standard error ends with: Segmentation fault: index 3 of 3\)"):
        driver.ask(CASE)
    assert driver.stderr == ["a long story", "Segmentation fault: index 3 of 3"]


@pytest.mark.parametrize(
    ("definitions", "words"),
    [
        ("def started(m): pass", "no answer within 0.5 s"),
        ("os._exit(5)", "ended with exit status 5"),
        ("1 / 0", "standard error ends with: ZeroDivisionError"),
        ("write('Loading...\\n')", "'Loading...'"),
        ("def started(m): say({'version': 1})", missing_field("implementation")),
        ("def started(m): say({'version': 2})", "version 2 of the protocol, and gradcheck"),
        (
            "VERSION = 2\ndef started(m): say({**ANSWER, 'version': 2})",
            "version 2 of the protocol, and gradcheck",
        ),
        (
            "def started(m): say({**ANSWER, 'capabilities': {'formulas': 'wx', 'dtypes': []}})",
            wrong_type("wx", list),
        ),
        ("def started(m): write(2 * (json.dumps(ANSWER) + chr(10)))", "more than one line"),
    ],
)
def test_a_program_that_does_not_start_as_it_must_ends_the_run(program, definitions, words):
    answer = {
        "version": 1,
        "implementation": {"name": "p", "language": "l"},
        "capabilities": {"formulas": [], "dtypes": []},
    }
    limit = 0.5 if "0.5 s" in words else 60.0  # a machine under load takes its time to start a program
    driver = Driver(program(f"ANSWER = {answer!r}\n{definitions}"), Limits(start=limit))

    with driver, pytest.raises(UsageError, match="start") as caught:
        driver.start()

    assert words in str(caught.value)


def test_a_program_that_changes_its_mind_when_started_again_is_told(driving, tmp_path):
    """A lie about its capabilities: the second start names others."""
    marker = tmp_path / "second"
    driver = driving(
        f"""
        if os.path.exists({str(marker)!r}): FORMULAS = ["other"]
        open({str(marker)!r}, "w").close()
        def answer(m): os._exit(1)
        """
    )
    with pytest.raises(ProgramFault, match="exit status 1"):
        driver.ask(CASE)

    with pytest.raises(ProgramFault, match="names another implementation or capabilities"):
        driver.ask(CASE)


def test_leaving_the_context_ends_the_program_whatever_happened(program, quick, tmp_path, gone):
    note = tmp_path / "pid"
    program = program(f"open({str(note)!r}, 'w').write(str(os.getpid()))")

    with pytest.raises(KeyboardInterrupt), Driver(program, quick) as driver:
        driver.start()
        raise KeyboardInterrupt

    assert gone(int(note.read_text()))


@pytest.mark.parametrize("wrong", [{"case": 0.0}, {"start": -1.0}, {"stop": float("inf")}, {"restarts": -1}])
def test_limits_out_of_range_are_usage_errors(wrong):
    with pytest.raises(UsageError, match=f"limit (for|on) {next(iter(wrong))}"):
        Limits(**wrong)
