"""Programs under check: the same records as verify's, whatever the program does."""

import time

import pytest

from gradcheck.errors import UsageError
from gradcheck.oracles.protocol.driver import Limits
from gradcheck.oracles.protocol.external import external
from gradcheck.records.arrays import decode
from gradcheck.records.types import BackendRow, BatteryRow, ClaimRow, Footer, Header
from gradcheck.running.stream import RunOptions

ONE = ("finite_difference",)
"""One backend is enough where it is not the gradients that are wrong."""


@pytest.fixture
def checked(program, quick):
    """`checked(definitions, ...)`: the claim rows by formula, and the footer, of a run on such a program."""

    def run(definitions="", *, limits=quick, backends=ONE, points=10, **how):
        options = RunOptions(max_examples=points, backends=backends)
        records = list(external(program(definitions), options, limits=limits, **how))
        assert isinstance(records[0], Header)
        assert isinstance(records[-1], Footer)
        rows = [r for r in records if isinstance(r, ClaimRow)]
        assert [r.uid for r in rows] == records[0].claims
        run.records = records
        return {r.formula if r.uid.endswith("external") else r.uid: r for r in rows}, records[-1]

    return run


RIGHT = """
def numbers(array):
    import base64, struct
    data = base64.b64decode(array["b64"])
    letter, size = ("f", 4) if array["dtype"] == "<f4" else ("d", 8)
    return list(struct.unpack("<%d%s" % (len(data) // size, letter), data))

def array(values, like):
    import base64, struct
    letter = "f" if like["dtype"] == "<f4" else "d"
    data = struct.pack("<%d%s" % (len(values), letter), *values)
    return {"dtype": like["dtype"], "shape": like["shape"], "b64": base64.b64encode(data).decode()}

def wrong(m, **changes):
    say({"seq": m["seq"], "gradients": {"x": {**m["case"]["delta"], "dec": None, **changes}}})

def twice(m):
    write(2 * (json.dumps({"seq": m["seq"], "gradients": {"x": m["case"]["delta"]}}) + "\\n"))

def gradients(m, change):
    delta = m["case"]["delta"]
    say({"seq": m["seq"], "gradients": {"x": array(change(numbers(delta)), delta)}})
"""


def test_a_right_program_passes_with_the_records_of_a_run(checked):
    rows, footer = checked()

    row = rows["identity"]
    assert (row.verdict, row.strength, row.as_declared) == ("pass", "agreed", True)
    assert row.statement == "gradients of identity by program (Python)"
    assert row.candidate.text.startswith("program, a program in Python: ")
    assert row.candidate.line == 0
    assert (row.notes, row.proof) == ([], None)
    assert footer.exit_code == 0
    assert any(r.startswith("program (Python): ") and r.endswith(" cases sent.") for r in footer.remarks)


@pytest.mark.usefixtures("undiagnosed")
@pytest.mark.parametrize(
    "change",
    ["[-d for d in values]", "[2 * d for d in values]", "[d + 1e-9 for d in values]", "values[::-1]"],
    ids=["sign", "factor", "a little", "reversed"],
)
def test_a_wrong_gradient_fails_at_the_smallest_shape_that_shows_it(checked, change):
    rows, footer = checked(RIGHT + f"def answer(m): gradients(m, lambda values: {change})")

    row = rows["identity"]
    assert row.verdict == "fail"
    assert row.counterexample.sizes == {"n": 2 if "::" in change else 1}
    assert row.counterexample.shape_minimal
    assert footer.exit_code == 1


def test_what_is_expected_is_never_sent(checked, tmp_path):
    """Every line that the program gets, of a failing claim too."""
    log = tmp_path / "log"
    checked(
        RIGHT
        + f"""
file = open({str(log)!r}, "w")
def answer(m):
    file.write(json.dumps(m) + chr(10))
    file.flush()
    gradients(m, lambda values: [3 * d for d in values])
"""
    )
    import json

    lines = [json.loads(line) for line in log.read_text().splitlines()]

    assert len(lines) > 20
    for line in lines:
        assert line.keys() == {"cmd", "seq", "case"}
        assert line["case"].keys() == {"formula", "inputs", "delta"}
        assert line["case"]["inputs"].keys() == {"x"}


@pytest.mark.parametrize(
    ("answer", "verdict", "words"),
    [
        ("os._exit(1)", "error", "the program: it ended with exit status 1"),
        ("os.kill(os.getpid(), 9)", "error", "by signal 9 (SIGKILL"),
        ("write('oops\\n')", "error", "'oops', which is no JSON object"),
        ("write('{\"seq\"'); os._exit(0)", "error", "in the middle of a line"),
        ("twice(m)", "error", "more than one line for one request"),
        ("say({'seq': 0, 'gradients': {}})", "error", "answered seq 0, which was never asked"),
        ("say({'seq': m['seq'], 'gradients': {}})", "error", "no gradient of 'x'; give null"),
        ("say({'seq': m['seq'], 'gradients': {'x': None}})", "error", "there is nothing to check"),
        ("say({'seq': m['seq'], 'gradients': {'X': None, 'x': None}})", "error", "Is 'x' meant?"),
        ("say({'seq': m['seq'], 'errored': True, 'message': 'no memory'})", "error", "an error: no memory"),
        ("say({'seq': m['seq'], 'skipped': True, 'message': 'later'})", "inconclusive", "program: later"),
        ("wrong(m, dtype='<f4')", "error", "has the dtype '<f4', but '<f8' was asked for"),
        ("wrong(m, b64='AAAA')", "error", "cannot be read: array: b64 holds 3 bytes"),
        ("wrong(m, b64='!')", "error", "no base64"),
        ("wrong(m, shape=[1, size(m)])", "fail", "expected an array of shape (1,), got an array of shape"),
        ("gradients(m, lambda v: [float('nan')] * len(v))", "fail", "dJ/dx[0] is nan although"),
        ("gradients(m, lambda v: [float('inf')] * len(v))", "fail", "dJ/dx[0] is inf although"),
        ("gradients(m, lambda v: [d * 0.9 + m['seq'] % 2 for d in v])", "error", "not deterministic"),
    ],
)
def test_each_kind_of_answer_gets_its_verdict_and_reason(checked, answer, verdict, words):
    """And the run goes on to its footer."""
    rows, footer = checked(f"{RIGHT}\ndef answer(m): {answer}")

    assert rows["identity"].verdict == verdict
    assert words in rows["identity"].reason
    assert footer.exit_code == 1


def test_backends_of_a_skipped_formula_are_unsupported(program, quick):
    command = program("def answer(m): say({'seq': m['seq'], 'skipped': True, 'message': 'no'})")

    records = list(external(command, RunOptions(max_examples=5), limits=quick))

    assert {r.verdict for r in records if isinstance(r, BackendRow)} == {"unsupported"}


def test_a_case_of_the_battery_that_is_skipped_is_no_fault_of_ours(checked):
    """Its deltas are larger than those of the points."""
    rows, _ = checked(
        "def answer(m):\n"
        "    large = max(map(abs, m['case']['delta'].get('dec') or [0])) > 100\n"
        "    say({'seq': m['seq'], 'skipped': True, 'message': 'large'}) if large else right(m)"
    )
    battery = {r.check: r for r in checked.records if isinstance(r, BatteryRow)}

    assert rows["identity"].verdict == "pass"
    assert battery["linearity"].outcome == "skipped"
    assert battery["linearity"].reason == "skipped by the program: large"


def test_decimals_that_differ_from_the_bytes_are_noted_and_the_bytes_judged(checked):
    rows, _ = checked(RIGHT + "def answer(m): wrong(m, dec=[7])")

    assert rows["identity"].verdict == "pass"
    assert any("dec is not what b64 holds" in note for note in rows["identity"].notes)


def test_nested_decimals_are_decimals(checked):
    """As `tolist()` of many libraries gives them."""
    rows, _ = checked(
        "def answer(m):\n"
        "    d = m['case']['delta']\n"
        "    nested = [[v] for v in d.get('dec', [])]\n"
        "    say({'seq': m['seq'], 'gradients': {'x': {**d, 'dec': nested or None}}})"
    )

    assert not any("dec" in note for note in rows["identity"].notes)


def test_a_crash_is_led_to_the_smallest_shape_that_crashes(checked):
    """Across the process boundary, within few restarts."""
    rows, _ = checked("def answer(m): size(m) >= 3 and os.kill(os.getpid(), 11); right(m)")

    row = rows["identity"]
    assert row.verdict == "error"
    assert row.counterexample.sizes == {"n": 3}
    assert row.counterexample.shape_minimal
    assert "SIGSEGV" in row.reason
    assert any("cases were not sent after the program had failed repeatedly" in note for note in row.notes)


def test_a_hang_costs_its_time_limit_few_times(checked):
    began = time.monotonic()
    rows, _ = checked("def answer(m): size(m) == 2 and time.sleep(60); right(m)", limits=Limits(case=2.0))

    assert rows["identity"].verdict == "error"
    assert "no answer within 2 s" in rows["identity"].reason
    assert rows["identity"].counterexample.sizes == {"n": 2}
    assert time.monotonic() - began < 50


TWO = 'FORMULAS = ["identity", "relu", "identity_column", "xw"]\n'


def test_nothing_is_lost_when_a_program_fails_at_one_formula(checked):
    rows, footer = checked(TWO + "def answer(m): m['case']['formula'] == 'relu' and os._exit(1); right(m)")

    assert {name: row.verdict for name, row in rows.items()} == {
        "identity": "pass",
        "relu": "error",
        "identity_column": "pass",
        "xw": "error",  # it has no gradient of W
    }
    assert footer.exit_code == 1
    assert any("started again" in remark for remark in footer.remarks)


def test_when_the_restarts_are_used_up_the_rest_is_not_run_and_says_so(checked):
    """What came before stays, and the run ends soon: nothing more is asked."""
    began = time.monotonic()
    rows, footer = checked(
        TWO + "def answer(m): m['case']['formula'] == 'identity' or os._exit(1); right(m)",
        limits=Limits(case=1.0, restarts=3),
    )

    assert [row.verdict for row in rows.values()] == ["pass", "error", "error", "error"]
    assert "not run: the program failed and was started again 3 times" in rows["xw"].reason
    assert footer.exit_code == 1
    assert footer.claims == 4
    assert time.monotonic() - began < 50


def test_the_end_of_stderr_is_in_the_row(checked):
    rows, _ = checked("def answer(m): print('assert failed', file=sys.stderr, flush=True); os._exit(1)")

    assert "standard error ends with: assert failed" in rows["identity"].reason
    assert "standard error ended with: assert failed" in rows["identity"].notes


@pytest.mark.usefixtures("undiagnosed")
def test_float32_programs_are_sent_float32_and_judged_as_such(checked):
    rows, _ = checked(
        RIGHT
        + """
DTYPES = ["<f4", "<f8", "<f3"]
def answer(m):
    assert m["case"]["inputs"]["x"]["dtype"] == m["case"]["delta"]["dtype"] in DTYPES
    small = 2.0 ** -23
    gradients(m, lambda values: [d * (1 + small * (-1) ** int(d * 2 ** 20)) for d in values])
""",
        points=20,
    )

    assert rows["identity"].verdict == "fail"  # a unit of float32 is much in float64
    (single,) = (row for uid, row in rows.items() if uid.endswith("f4"))
    assert (single.verdict, single.strength) == ("pass", "agreed")
    assert single.statement.endswith("in float32")


def test_one_dtype_can_be_chosen(checked):
    rows, _ = checked('DTYPES = ["<f4", "<f8"]', dtypes=["<f4"])

    assert list(rows) == ["identity.vjp.external-f4"]


def test_a_failing_case_is_written_down_for_the_program_itself(checked, program, tmp_path):
    """Fed to the program, the file gives the wrong answer again."""
    import json
    import subprocess

    wrong = RIGHT + "def answer(m): gradients(m, lambda values: [3 * d for d in values])"
    rows, _ = checked(wrong, cases=tmp_path / "reports", again=["gradcheck", "external"])

    found = rows["identity"].counterexample
    assert found.replay.startswith("gradcheck external --formula identity -- ")
    (note,) = (n for n in rows["identity"].notes if n.startswith("the program reads this case with: "))
    done = subprocess.run(note.partition("with: ")[2], shell=True, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout.splitlines()[1])
    from gradcheck.records.types import ArrayRecord

    given = decode(ArrayRecord(**answer["gradients"]["x"]))
    assert given.tolist() == decode(found.candidate).tolist()


def test_files_of_formulas_are_checked_by_name(checked, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "import gradcheck\n\n@gradcheck.formula(shapes={'x': 'n'})\ndef double(x):\n    return 2.0 * x\n\n"
        "@gradcheck.formula(shapes={'x': 'n'})\ndef other(x):\n    return x\n"
    )
    rows, footer = checked(
        RIGHT + "FORMULAS = ['double']\ndef answer(m): gradients(m, lambda v: [2 * d for d in v])",
        words=[str(file)],
    )

    assert rows["double"].verdict == "pass"
    assert f"{file}: the program does not claim 'other'." in footer.remarks


@pytest.mark.parametrize(
    ("definitions", "how", "words"),
    [
        ("FORMULAS = []", {}, "claims no formula"),
        ("FORMULAS = ['sofmax_cross_entropy']", {}, "Is 'softmax_cross_entropy' .*meant.* --formula FILE.py"),
        ("", {"words": ["wx"]}, "wx: the program does not claim 'wx'; it claims 'identity'"),
        ("", {"words": ["identit"]}, "Did you mean"),
        ("", {"words": ["nowhere.py"]}, "no such file"),
        ("DTYPES = ['<f3']", {}, "speaks '<f3'; gradcheck checks gradients in '<f8', '<f4'"),
        ("DTYPES = []", {}, "speaks nothing"),
        ("", {"dtypes": ["<f4"]}, "does not speak '<f4'; it speaks '<f8'"),
    ],
)
def test_nothing_to_check_is_a_usage_error_before_the_first_record(program, quick, definitions, how, words):
    stream = external(program(definitions), RunOptions(max_examples=5, backends=ONE), limits=quick, **how)

    with pytest.raises(UsageError, match=words):
        next(stream)


def test_formulas_that_are_not_in_the_catalogue_are_remarked(checked):
    rows, footer = checked("FORMULAS = ['identity', 'rellu', 'identity']")

    assert list(rows) == ["identity"]
    assert any("claims 'rellu', which is not in the catalogue. Is 'relu'" in r for r in footer.remarks)


def test_closing_the_stream_ends_the_program(program, quick, tmp_path, gone):
    note = tmp_path / "pid"
    command = program(f"open({str(note)!r}, 'w').write(str(os.getpid()))")
    stream = external(command, RunOptions(max_examples=5, backends=ONE), limits=quick)
    next(stream)

    stream.close()

    assert gone(int(note.read_text()))


def test_formulas_of_like_names_have_a_case_each(checked, tmp_path):
    file = tmp_path / "like.py"
    file.write_text(
        "import gradcheck\n"
        "one = gradcheck.formula(shapes={'x': 'n'}, name='a.b')(lambda x: 2 * x)\n"
        "two = gradcheck.formula(shapes={'x': 'n'}, name='a-b')(lambda x: 2 * x)\n"
    )

    rows, _ = checked("FORMULAS = ['a.b', 'a-b']", words=[str(file)], cases=tmp_path / "r")

    texts = [p.read_text() for p in (tmp_path / "r").iterdir()]
    assert len(texts) == len(rows) == 2
    assert all(sum(f'"formula":"{name}"' in text for text in texts) == 1 for name in ("a.b", "a-b"))


SIXTEEN_BITS = """
import base64, struct
DTYPES = ["<f2", "bfloat16"]

def numbers(array):
    data = base64.b64decode(array["b64"])
    if array["dtype"] == "<f2":
        return list(struct.unpack("<%de" % (len(data) // 2), data))
    halves = struct.unpack("<%dH" % (len(data) // 2), data)
    return [struct.unpack("<f", struct.pack("<I", h << 16))[0] for h in halves]

def packed(values, like):
    if like["dtype"] == "<f2":
        data = struct.pack("<%de" % len(values), *values)
    else:
        bits = [struct.unpack("<I", struct.pack("<f", v))[0] for v in values]
        halves = [(b + 0x7FFF + ((b >> 16) & 1)) >> 16 for b in bits]
        data = struct.pack("<%dH" % len(halves), *halves)
    return {"dtype": like["dtype"], "shape": like["shape"], "b64": base64.b64encode(data).decode()}

def answer(m):
    delta = m["case"]["delta"]
    assert delta["dtype"] == m["case"]["inputs"]["x"]["dtype"] in DTYPES
    say({"seq": m["seq"], "gradients": {"x": packed([d * FACTOR for d in numbers(delta)], delta)}})
"""


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "pass"), (1.05, "fail"), (-1.0, "fail")])
def test_programs_in_sixteen_bits_are_sent_them_and_judged_within_their_rounding(checked, factor, verdict):
    rows, _ = checked(SIXTEEN_BITS.replace("FACTOR", str(factor)), backends=["autodiff"], points=6)

    assert {uid.rpartition("-")[2] for uid in rows} == {"f2", "bfloat16"}
    for row in rows.values():
        assert row.verdict == verdict, row.reason
        assert row.accuracy.dtype in row.statement
        assert not [n for n in row.notes if "comes in" in n]  # it comes in the type that was asked for
    if factor == -1:
        assert {d.kind for row in rows.values() for d in row.diagnosis} == {"sign"}
