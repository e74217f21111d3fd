"""What a user's files may do to a run of the command line: exit codes, logs and reports stay true."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from gradcheck.cli.main import cli
from gradcheck.records.reading import read_log

RUN = [sys.executable, "-m", "gradcheck"]
FILES = {"run.jsonl", "summary.json", "junit.xml", "report.md", "report.html"}

RIGHT = """
import numpy as np
import gradcheck

@gradcheck.formula(shapes={"x": "n"})
def square(x):
    return x * x

@square.vjp
def square_vjp(d, x):
    return 2 * d * x
"""

BAD = """
import numpy as np
import asyncio, os, sys, threading, time
import gradcheck

class Stop(BaseException):
    pass

@gradcheck.formula(shapes={"x": "n"})
def bad(x):
    return x * x

@bad.vjp
def bad_vjp(d, x):
    ATTACK
    return 2 * d * x
"""


def run(folder, *words, command="verify", **how):
    how = {"capture_output": True, "text": True} | how
    options = ["--max-examples", "3", "--backend", "finite_difference"] if command == "verify" else []
    return subprocess.run([*RUN, command, *words, *options], cwd=folder, timeout=120, check=False, **how)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Runs a command in this process, in the test's folder: for what does not attack the process."""
    monkeypatch.chdir(tmp_path)

    def invoke(*words):
        options = ["--max-examples", "3", "--backend", "finite_difference"] if words[0] == "verify" else []
        return CliRunner().invoke(cli, [*words, *options])

    return invoke


def write(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)


def reports(folder):
    return {p.name for p in (folder / "reports").iterdir()}


def verdicts(folder):
    return {c.uid: c.verdict for c in read_log(folder / "reports" / "run.jsonl").claims}


@pytest.fixture
def earlier(tmp_path, here):
    """A folder with the reports of a run that was right."""
    write(tmp_path, right=RIGHT)
    assert here("verify", "right.py").exit_code == 0
    assert reports(tmp_path) == FILES
    return tmp_path


def incomplete(folder, here):
    """Every reader says so, and nothing of an earlier run is left to be read."""
    assert {n for n in reports(folder) if not n.startswith(".")} == {"run.jsonl"}
    log = "reports/run.jsonl"
    for words in (
        ("report", log),
        ("diff", log, log),
        ("merge", log, "--out", "merged.jsonl"),
        ("replay", log),
    ):
        found = here(*words)
        assert found.exit_code == 1, (words, found.output)
        assert "incomplete" in found.output.lower()
    assert "INCOMPLETE" in (folder / "reports" / "junit.xml").read_text()
    assert "INCOMPLETE" in (folder / "reports" / "report.md").read_text()
    assert not json.loads((folder / "reports" / "summary.json").read_text())["complete"]


@pytest.mark.parametrize("status", [0, 7])
def test_a_file_that_ends_the_process_leaves_an_incomplete_log(earlier, here, status):
    write(earlier, bad=f"import os\nos._exit({status})\n")
    result = run(earlier, "right.py", "bad.py")
    assert result.returncode == 2
    assert f"os._exit({status})" in result.stderr
    incomplete(earlier, here)


def test_a_backward_that_ends_the_process_leaves_what_was_judged(earlier, here):
    write(earlier, bad=BAD.replace("ATTACK", "os._exit(0)"))
    assert run(earlier, "right.py", "bad.py").returncode == 2
    assert verdicts(earlier) == {"square.vjp": "pass"}
    incomplete(earlier, here)


def test_a_run_that_is_refused_leaves_the_earlier_reports(earlier, here):
    before = {p.name: p.read_bytes() for p in (earlier / "reports").iterdir()}
    for words in (("none.py",), ("right.py::cube",), ("D99",)):
        assert here("verify", *words).exit_code == 2
        assert {p.name: p.read_bytes() for p in (earlier / "reports").iterdir()} == before


BROKEN = [
    "raise SystemExit(0)",
    "import sys; sys.exit('no')",
    "class Stop(BaseException): pass\nraise Stop",
    "import pytest; pytest.skip('no', allow_module_level=True)",
    "raise GeneratorExit",
    "class Silent(Exception):\n    def __str__(self): raise KeyError\nraise Silent",
    "def f(): f()\nf()",
    "raise MemoryError",
    "import nowhere",
    "syntax error",
    "x = '\0'",
    "import sys; sys.stdout.close(); sys.stderr.close(); 1 / 0",
    "import warnings; warnings.simplefilter('error'); warnings.warn('w')",
    "import numpy; numpy.seterr(all='raise'); numpy.exp(1000.0)",
    "import gradcheck; gradcheck.formula(shapes={'x': 'n m q('})(lambda x: x)",
]


@pytest.mark.parametrize("text", BROKEN)
def test_a_file_that_cannot_be_loaded_costs_no_other_file(tmp_path, text):
    """Alone it is exit code 2; beside another, an error in the log, and 1."""
    from gradcheck.errors import UsageError
    from gradcheck.running.registry import select
    from gradcheck.running.stream import RunOptions
    from gradcheck.running.stream import run as checked

    write(tmp_path, right=RIGHT, bad=text)
    right, bad = str(tmp_path / "right.py"), str(tmp_path / "bad.py")
    with pytest.raises(UsageError, match=r"bad\.py"):
        select([bad])
    found = select([right, bad])
    records = list(checked(found.claims, RunOptions(max_examples=3, broken=found.broken)))
    rows = {r.uid: r.verdict for r in records if hasattr(r, "uid")}
    assert rows == {"square.vjp": "pass", bad: "error"}
    assert records[-1].exit_code == 1


HOSTILE = """
import os, sys, warnings, signal
import numpy as np
os.chdir('/')
np.seterr(all='raise')
warnings.simplefilter('error')
sys.stdout.close()
sys.stdout = sys.stderr = None
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sys.path.clear()
sys.setrecursionlimit(200)
np.set_printoptions(precision=1)
"""


def test_what_a_file_changes_when_it_is_loaded_changes_no_run(tmp_path):
    """The reports stand where they belong, and the right claims pass."""
    write(tmp_path, right=HOSTILE + RIGHT)
    result = run(tmp_path, "right.py")
    assert result.returncode == 0, result.stderr
    assert "1 claim: 1 passed" in result.stdout
    assert reports(tmp_path) == FILES


HARMLESS = [
    "sys.stdout = sys.stderr = None",
    "threading.Thread(target=time.sleep, args=(1e6,)).start()",
    "os.chdir('/')",
    "sys.stdout.close()",
    "os.environ.clear()",
    "sys.setrecursionlimit(500)",
]
STOPS = ["raise Stop", "raise asyncio.CancelledError", "raise GeneratorExit"]
CLOSES = ["sys.__stdout__.close(); sys.__stderr__.close()", "os.closerange(1, 3)"]


@pytest.mark.parametrize(
    "attacks", [HARMLESS, STOPS, *([c] for c in CLOSES)], ids=["harmless", "stops", *CLOSES]
)
def test_an_attack_in_the_middle_of_a_run(tmp_path, attacks):
    """The claims before, between and behind are judged, and everything is written."""
    bad = [BAD.replace("ATTACK", attack).replace("bad", f"bad{k}") for k, attack in enumerate(attacks)]
    write(tmp_path, right=RIGHT, bad="\n".join(bad), last=RIGHT.replace("square", "last"))
    result = run(tmp_path, "right.py", "bad.py", "last.py")
    expected = "error" if attacks is STOPS else "pass"
    found = verdicts(tmp_path)
    assert (found.pop("square.vjp"), found.pop("last.vjp")) == ("pass", "pass")
    assert list(found.values()) == [expected] * len(attacks)
    assert result.returncode == int(attacks is STOPS), result.stderr
    assert reports(tmp_path) == FILES
    assert "Traceback" not in result.stderr


def test_where_nothing_could_be_judged_it_is_2(tmp_path, here):
    write(tmp_path, bad=BAD.replace("ATTACK", "raise Stop"))
    result = here("verify", "bad.py")
    assert result.exit_code == 2
    assert "Stop" in result.stdout
    assert read_log(tmp_path / "reports" / "run.jsonl").complete
    assert here("report", "reports/run.jsonl").exit_code == 0


PRINTS = BAD.replace("ATTACK", "print('x' * 100000); sys.stdout.flush()")


@pytest.mark.parametrize("how", ["closed", "full", "broken", "no stderr"])
def test_nobody_reads_standard_output(tmp_path, how):
    """Exit code and reports are the same, also where the code itself prints."""
    write(tmp_path, right=PRINTS)
    command = [*RUN, "verify", "right.py", "--max-examples", "3", "--backend", "finite_difference"]
    shell = {
        "closed": '"$@" >&-',
        "full": '"$@" > /dev/full',
        "broken": '(trap "" PIPE; sleep 0; "$@"; echo $? > code) | true; exit "$(cat code)"',
        "no stderr": '"$@" >&- 2>&-',
    }[how]
    done = subprocess.run(["bash", "-c", shell, "-", *command], cwd=tmp_path, timeout=120, check=False)
    assert done.returncode == 0
    assert reports(tmp_path) == FILES


def test_output_that_cannot_be_written_where_it_is_the_result_is_2(tmp_path):
    """The twin: a list that nobody gets is no success."""
    with Path("/dev/full").open("w") as full:
        assert run(tmp_path, command="list", capture_output=False, stdout=full).returncode == 2


@pytest.mark.parametrize("jobs", [(), ("--jobs", "2")], ids=["one process", "workers"])
def test_modules_that_are_called_like_pythons_own(tmp_path, jobs):
    """Beside the file, where it is run from; a module of another name is found as ever."""
    if jobs:
        pytest.importorskip("distributed")
    shadows = ["json", "types", "random", "logging", "string", "copy", "code", "queue", "test", "ast"]
    write(tmp_path, **dict.fromkeys(shadows, "raise RuntimeError('shadowed')"), helpers="factor = 2\n")
    write(tmp_path, right="import json, random, code\nfrom helpers import factor\n" + RIGHT)
    text = RIGHT.replace("square", "cube").replace("x * x", "x**3").replace("2 * d * x", "3 * d * x**2")
    write(tmp_path, other=text)
    script = [sys.executable, "-c", "from gradcheck.cli.main import main; main()"]
    environment = {**os.environ, "PYTHONSAFEPATH": "1"}  # as the installed command begins
    words = ["verify", "right.py", "other.py", "--max-examples", "3", *jobs]
    result = subprocess.run(
        [*script, *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "shadowed" not in result.stderr
    assert verdicts(tmp_path) == {"square.vjp": "pass", "cube.vjp": "pass"}


def test_a_file_without_formulas_is_passed_over(tmp_path, here):
    write(tmp_path, right=RIGHT, empty="x = 1\n", bare=RIGHT.partition("@square.vjp")[0])
    result = here("verify", "empty.py", "right.py", "bare.py")
    assert result.exit_code == 0
    assert "empty.py: there is no claim in it; it is passed over." in result.stderr
    assert "bare.py: there is no claim in it; it is passed over." in result.stderr
    for alone in (("empty.py",), ("bare.py",), ("empty.py", "bare.py")):
        assert here("verify", *alone).exit_code == 2
        result = here("verify", *alone, "--allow-empty")
        assert result.exit_code == 0, result.output
        assert read_log(tmp_path / "reports" / "run.jsonl").complete
        assert "There were no claims to check" in result.stdout
    assert here("verify", "right.py::cube", "--allow-empty").exit_code == 2  # a name is a claim


def test_an_empty_shard_is_an_empty_log(tmp_path, here):
    write(tmp_path, right=RIGHT)
    for part in (1, 2, 3):
        result = here("verify", "right.py", "--shard", f"{part}/3", "--report-dir", str(part))
        assert result.exit_code == 0, result.output
    assert read_log(tmp_path / "2" / "run.jsonl").complete
    assert "<testsuite" in (tmp_path / "2" / "junit.xml").read_text()
    merged = here("merge", *(f"{k}/run.jsonl" for k in (1, 2, 3)), "--out", "all.jsonl")
    assert merged.exit_code == 0, merged.output
    assert [c.uid for c in read_log(tmp_path / "all.jsonl").claims] == ["square.vjp"]


INTERRUPT = "os.kill(os.getpid(), __import__('signal').SIGINT)"
NOW = "import os\n" + INTERRUPT + "\n"


def test_ctrl_c_while_a_file_is_loaded_leaves_the_earlier_reports(earlier, here):
    before = {p.name: p.read_bytes() for p in (earlier / "reports").iterdir()}
    write(earlier, bad=NOW)
    result = here("verify", "right.py", "bad.py")
    assert result.exit_code == 130
    assert "Traceback" not in result.output
    assert {p.name: p.read_bytes() for p in (earlier / "reports").iterdir()} == before


IN_ITS_TEXT = "class Silent(Exception):\n        def __str__(self): " + INTERRUPT + "\n    raise Silent"
IN_SYMBOLS = "if not isinstance(x, np.ndarray | np.generic): " + INTERRUPT


@pytest.mark.parametrize("attack", [INTERRUPT, IN_ITS_TEXT, IN_SYMBOLS], ids=["float64", "text", "balls"])
def test_ctrl_c_while_code_runs_keeps_what_was_judged(tmp_path, here, attack):
    write(tmp_path, right=RIGHT, bad=BAD.replace("ATTACK", attack), last=RIGHT.replace("square", "last"))
    result = here("verify", "right.py", "bad.py", "last.py")
    assert result.exit_code == 130
    assert verdicts(tmp_path) == {"square.vjp": "pass"}
    assert "INCOMPLETE" in result.output
    assert "INCOMPLETE" in (tmp_path / "reports" / "junit.xml").read_text()


@pytest.mark.parametrize("place", ["gradcheck.report.formats.terminal.show", "gradcheck.report.render"])
def test_ctrl_c_while_reports_are_made_is_no_verdict(tmp_path, here, monkeypatch, place):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    write(tmp_path, right=RIGHT)
    monkeypatch.setattr(place, interrupted)
    assert here("verify", "right.py").exit_code == 130
    assert verdicts(tmp_path) == {"square.vjp": "pass"}
    assert not (tmp_path / "reports" / "junit.xml").exists()


@pytest.mark.parametrize("command", ["list", "show", "prove", "oracle", "replay"])
@pytest.mark.parametrize(
    "text", [NOW, "raise GeneratorExit", "import sys\nsys.exit(0)"], ids=["ctrl-c", "own", "exit"]
)
def test_every_command_that_loads_a_file_survives_it(tmp_path, here, command, text):
    write(tmp_path, right=RIGHT)
    here("verify", "right.py")
    write(tmp_path, right=text)
    words = {"oracle": ("right.py", "--shape", "n=2"), "replay": ("square",)}.get(command, ("right.py",))
    result = here(command, *words)
    if command == "replay":
        assert result.exit_code == 0  # nothing failed, so nothing is loaded
    else:
        assert result.exit_code == (130 if text is NOW else 2), result.output
    assert "Traceback (most recent call last):\n  File" not in result.output or "right.py" in result.output
