"""A program as a process: its mistakes are told apart, each within its time, and nothing is left behind."""

import json
import time
from pathlib import Path

import pytest

from gradcheck.errors import UsageError
from gradcheck.oracles.protocol import killing, process
from gradcheck.oracles.protocol.driver import Limits
from gradcheck.oracles.protocol.faults import ProgramFault
from gradcheck.oracles.protocol.process import Process

LONGEST = 1 << 20


@pytest.fixture
def running(program):
    """`running(definitions)`: a process of such a program, killed at the end of the test."""
    started = []

    def start(definitions=""):
        started.append(Process(program(definitions)))
        return started[-1]

    yield start
    for one in started:
        one.kill()


def ask(one, seconds=2.0, **message):
    line = json.dumps(message).encode() + b"\n"
    return json.loads(one.ask(line, seconds, LONGEST))


def run(one, seq=1, seconds=2.0, **extra):
    case = {"formula": "identity", "inputs": {}, "delta": {"dtype": "<f8", "shape": [2], "b64": "", **extra}}
    return ask(one, seconds, cmd="run", seq=seq, case=case)


def test_lines_go_in_and_out(running):
    one = running()

    assert ask(one, cmd="start", version=1)["implementation"]["name"] == "program"
    assert [run(one, seq)["seq"] for seq in (1, 2, 3)] == [1, 2, 3]
    assert one.stop(b'{"cmd": "stop"}\n', 2.0) == []


def test_blank_lines_are_no_answers(running):
    one = running("def answer(m):\n    write('\\n  \\n')\n    right(m)")

    assert run(one)["seq"] == 1


def test_lines_larger_than_any_pipe_pass_both_ways(running):
    """A megabyte to the program while it writes a megabyte back, more than a pipe holds."""
    one = running(
        """
        def answer(m):
            say({"seq": m["seq"], "gradients": {}, "message": "x" * 1_000_000})
        """
    )

    answer = json.loads(
        one.ask(json.dumps({"cmd": "run", "seq": 1, "pad": "y" * 1_000_000}).encode() + b"\n", 10.0, 2 << 20)
    )

    assert len(answer["message"]) == 1_000_000


@pytest.mark.parametrize(
    ("definitions", "kind", "words"),
    [
        ("def answer(m): os._exit(3)", "crash", "with exit status 3"),
        ("def answer(m): sys.exit(0)", "crash", "exit status 0; it must answer one request after the other"),
        ("def answer(m): os.kill(os.getpid(), signal.SIGKILL)", "crash", "by signal 9 (SIGKILL"),
        ("def answer(m): os.kill(os.getpid(), signal.SIGSEGV)", "crash", "by signal 11 (SIGSEGV"),
        ("def answer(m): write('{\"seq\"'); os._exit(1)", "crash", "in the middle of a line, '{\"seq\"'"),
        ("def answer(m): os.close(1); time.sleep(9)", "crash", "closed its standard output and went on"),
        ("def answer(m): time.sleep(9)", "timeout", "no answer within 2 s"),
        ("def answer(m): write('{\"seq\"'); time.sleep(9)", "timeout", "only the beginning of a line"),
        ("def answer(m): sys.stdout.write('{}' + chr(10))", "timeout", "flush standard output"),
        ("def answer(m): write('{}\\nmore')", "protocol", "more than one line for one request"),
        ("def answer(m): write('{}\\n{}\\n')", "protocol", "more than one line for one request"),
    ],
)
def test_what_a_program_does_instead_of_answering(running, definitions, kind, words):
    one = running(definitions)
    ask(one, cmd="start", version=1)
    seconds = 2.0 if kind == "timeout" else 60.0  # a machine under load takes its time

    with pytest.raises(ProgramFault) as caught:
        run(one, seconds=seconds)
        run(one, seconds=seconds)

    assert caught.value.kind == kind
    assert words in str(caught.value)


def test_a_program_that_does_not_read_its_input_is_told(running):
    """The request is larger than the pipe."""
    one = running("time.sleep(9)")

    with pytest.raises(ProgramFault, match="did not read the whole request"):
        one.ask(b"x" * (1 << 20), 0.3, LONGEST)


@pytest.mark.parametrize("text", ["'x' * 65536", "('x' * 99) + chr(10)"], ids=["one line", "many lines"])
def test_output_without_end_is_cut_off(running, text):
    one = running(f"def answer(m):\n    while True: sys.stdout.write({text})")

    with pytest.raises(ProgramFault, match=r"more than 1048576 bytes|more than one line"):
        run(one, seconds=60.0)


def test_a_hundred_megabytes_on_stderr_neither_block_nor_fill_memory(running):
    one = running(
        """
        def answer(m):
            for _ in range(100):
                os.write(2, b"e" * 999_999 + bytes([10]))
            os.write(2, b"the last words" + bytes([10]))
            right(m)
        """
    )

    assert run(one, seconds=120.0)["seq"] == 1
    one.kill()
    assert one.stderr.total == 100_000_015
    assert one.stderr.lines()[-1] == "the last words"
    assert sum(map(len, one.stderr.lines(100))) <= 4096


def test_stderr_drives_no_terminal(running):
    one = running("def answer(m):\n    os.write(2, b'\\x1b[31mred\\xff' + bytes([10])); os._exit(1)")

    with pytest.raises(ProgramFault):
        run(one)
    one.kill()

    assert one.stderr.lines() == ["[31mred\\xff"]


@pytest.mark.parametrize(
    "escape",
    [
        "",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGHUP, signal.SIG_IGN)",
        "os.setsid()",
        "os.setsid(); os.fork() and os._exit(0)",
    ],
    ids=["child", "ignores SIGTERM", "ignores SIGHUP too", "leaves the group", "a daemon"],
)
@pytest.mark.parametrize("end", ["stop", "kill", "crash"])
def test_children_do_not_outlive_the_run(running, tmp_path, gone, escape, end):
    """A child that lingers, holding the pipes open, whatever signals it ignores and however the run ends."""
    if "setsid" in escape and not Path("/proc/self").is_dir():
        pytest.skip("what left its group is found on Linux only")
    note = tmp_path / "pid"
    one = running(
        f"""
        def answer(m):
            if os.fork() == 0:
                {escape or "pass"}
                open({str(note)!r} + "~", "w").write(str(os.getpid()))
                os.rename({str(note)!r} + "~", {str(note)!r})
                time.sleep(60)
                os._exit(0)
            while not os.path.exists({str(note)!r}):
                time.sleep(0.005)
            {"os._exit(1)" if end == "crash" else "right(m)"}
        """
    )
    if end == "crash":
        with pytest.raises(ProgramFault):
            run(one)
    else:
        run(one)
    began = time.monotonic()

    if end == "stop":
        one.stop(b'{"cmd": "stop"}\n', 0.3)
    else:
        one.kill()

    assert time.monotonic() - began < 30
    assert gone(int(note.read_text()))


@pytest.mark.parametrize(
    ("definitions", "words"),
    [
        ("def stop(m): time.sleep(9)", "still running 0.3 s after stop and was killed"),
        ("signal.signal(signal.SIGTERM, signal.SIG_IGN)\ndef stop(m): time.sleep(9)", "still running 0.3 s"),
        ("def stop(m): sys.exit(4)", "ended after stop with exit status 4"),
        ("def stop(m): say({'stopped': True})", "answered stop, which has no answer: '{\"stopped\": true}'"),
    ],
)
def test_what_it_does_at_stop_is_told(running, definitions, words):
    one = running(definitions)
    ask(one, cmd="start", version=1)
    seconds = 0.3 if "0.3 s" in words else 60.0

    assert any(words in remark for remark in one.stop(b'{"cmd": "stop"}\n', seconds))


def test_a_program_that_ends_with_its_input_has_stopped(running):
    """It knows no stop, but notices that nothing more comes."""
    one = running("def stop(m): pass")
    ask(one, cmd="start", version=1)

    assert one.stop(b'{"cmd": "stop"}\n', 2.0) == []


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: [str(folder / "nowhere")], "there is no such program"),
        (lambda folder: [_file(folder, "text", 0o644)], "may not be run"),
        (lambda folder: [_file(folder, "#!/nowhere/python\n", 0o755)], "first line .* is missing"),
        (lambda folder: [_file(folder, "hello", 0o755)], "needs a first line"),
        (lambda folder: [str(folder)], "may not be run"),
        (lambda folder: ["a\0b"], "cannot be run"),
    ],
)
def test_what_cannot_be_started_is_a_usage_error(tmp_path, make, words):
    with pytest.raises(UsageError, match=words):
        Process(make(tmp_path))


def test_a_program_in_the_folder_is_not_found_without_its_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-program").touch()

    with pytest.raises(UsageError, match=r"write \./my-program"):
        Process(["my-program"])


def _file(folder, text, mode):
    file = folder / "file"
    file.write_text(text)
    file.chmod(mode)
    return str(file)


def test_a_silent_start_ends_within_fifteen_seconds():
    """By the limits as they are: that for start, the wait for a late answer, that between the signals."""
    assert Limits().start + process._LATE_SECONDS + 3 * killing.TERM_SECONDS < 13
