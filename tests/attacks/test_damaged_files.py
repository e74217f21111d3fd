"""Files that a user brings, damaged or made to harm: a message that names the file, and exit code 2."""

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from gradcheck.cli.main import cli
from gradcheck.errors import UsageError
from gradcheck.oracles.files import read_inputs
from gradcheck.records.reading import read_log
from tests.report import samples


@pytest.fixture
def gradcheck(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(cli, [str(word) for word in words])


def npz(**arrays):
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


WHOLE = npz(W=np.arange(6.0).reshape(2, 3), x=np.ones(3), delta=np.ones(2))


def read(path, data):
    path.write_bytes(data)
    return read_inputs(path, ("W", "x"))


@pytest.mark.parametrize("flip", [0xFF, 0x01, 0x80])
def test_an_npz_with_any_byte_changed_is_read_or_refused(tmp_path, flip):
    """Its checksums are those of zip: most changes are seen, none is another exception."""
    refused = 0
    for place in range(len(WHOLE)):
        data = bytearray(WHOLE)
        data[place] ^= flip
        try:
            read(tmp_path / "in.npz", bytes(data))
        except UsageError as error:
            refused += 1
            assert "in.npz" in str(error)
    assert refused > len(WHOLE) / 2


def test_an_npz_cut_anywhere_is_refused(tmp_path):
    for length in range(len(WHOLE) - 1):
        with pytest.raises(UsageError, match=r"in\.npz"):
            read(tmp_path / "in.npz", WHOLE[:length])
    assert set(read(tmp_path / "in.npz", WHOLE)[0]) == {"W", "x"}


def header(shape, descr="<f8"):
    """A file of one array whose header promises what is not there."""
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def zipped(data, method=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("W.npy", data)
    return stream.getvalue()


def encrypted(data):
    """With the flag that says so, in every entry of the directory."""
    changed, place = bytearray(data), 0
    while (place := data.find(b"PK\x01\x02", place + 1)) >= 0:
        changed[place + 8] |= 1
    return bytes(changed)


HOSTILE = {
    "nothing": b"",
    "not a zip": b"PK\x03\x04" + b"\0" * 100,
    "an npy": header("(1,)") + bytes(8),
    "more numbers than there is memory": zipped(header("(10**15,)".replace("10**15", str(10**15)))),
    "more numbers than integers count": zipped(header(str((2**63, 4)))),
    "negative": zipped(header("(-3,)")),
    "a bomb": zipped(header("(1,)") + bytes(10**7), zipfile.ZIP_DEFLATED),
    "objects": npz(W=np.array([{}, None], dtype=object)),
    "a header that is code": zipped(header("__import__('os')._exit(0)")),
    "a header that is deep": zipped(header("(" * 90)),
    "a dtype of its own": npz(W=np.zeros(2, dtype=[("a", "f8"), ("b", "i4")])),
    "texts": npz(W=np.array(["a", "b"])),
    "encrypted": encrypted(WHOLE),
    "a folder inside": zipped(header("()")).replace(b"W.npy", b"../.."),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_npz_is_2(gradcheck, data):
    Path("in.npz").write_bytes(data)
    result = gradcheck("oracle", "wx", "--input", "in.npz")
    assert result.exit_code == 2
    assert "broke" not in result.stderr


JSON = {
    "nothing": "",
    "a number": "3",
    "deep": "[" * 100_000,
    "deep inputs": '{"inputs": {"W": ' + "[" * 900 + "1" + "]" * 900 + "}}",
    "ragged": '{"inputs": {"W": [[1, 2], [3]], "x": [1]}}',
    "texts": '{"inputs": {"W": [["a"]], "x": [1]}}',
    "null": '{"inputs": {"W": null, "x": [1]}}',
    "too large": '{"inputs": {"W": [[1e999]], "x": [1]}}',
    "a record that lies": '{"inputs": {"W": {"dtype": "<f8", "shape": [9, 9], "b64": "AAAA"}, "x": [1]}}',
    "a record of objects": '{"inputs": {"W": {"dtype": "|O", "shape": [1], "b64": "AAAAAAAAAAA="}}}',
    "a negative shape": '{"inputs": {"W": {"dtype": "<f8", "shape": [-1], "b64": ""}, "x": [1]}}',
    "a huge shape": '{"inputs": {"W": {"dtype": "<f8", "shape": [0, 9223372036854775807], "b64": ""}}}',
    "no text": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("text", JSON.values(), ids=JSON)
@pytest.mark.parametrize("command", ["oracle", "compare", "report", "diff", "merge", "replay"])
def test_hostile_json_is_2(gradcheck, command, text):
    """As arrays, as vectors, as answers, as a log."""
    Path("in.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    words = {
        "oracle": ("wx", "--input", "in.json"),
        "compare": ("in.json", "in.json"),
        "report": ("in.json",),
        "diff": ("in.json", "in.json"),
        "merge": ("in.json", "--out", "out.jsonl"),
        "replay": ("in.json",),
    }[command]
    result = gradcheck(command, *words)
    assert result.exit_code == 2, result.output
    assert "broke" not in result.stderr
    assert not Path("reports").exists()


def test_a_log_with_any_line_damaged_is_refused_or_incomplete(tmp_path):
    """Bytes that changed on the way, a line that is there twice, a record of something else."""
    from gradcheck.records.writing import LogWriter

    path = tmp_path / "run.jsonl"
    with LogWriter(path) as writer:
        for record in samples.records(samples.GOOD[:1]):
            writer.write(record)
    lines = path.read_bytes().splitlines(keepends=True)
    for number in range(len(lines)):
        for damage in (
            b"\0\n",
            b"[]\n",
            b"{}\n",
            lines[number] * 2,
            b"\xff" + lines[number],
            b"9" * 5000 + b"\n",
        ):
            path.write_bytes(b"".join([*lines[:number], damage, *lines[number + 1 :]]))
            with pytest.raises(UsageError, match=r"run\.jsonl"):
                read_log(path)


PLACES = [
    ("report", "folder"),
    ("diff", "folder", "folder"),
    ("merge", "folder", "--out", "all.jsonl"),
    ("replay", "folder/run.jsonl"),
    ("compare", "folder", "folder"),
    ("oracle", "wx", "--input", "folder.npz"),
    ("oracle", "wx", "--input", "folder.json"),
    ("verify", "folder.py"),
    ("verify", "wx", "--report-dir", "file"),
    ("verify", "wx", "--report-dir", "file/below"),
    ("verify", "wx", "--report-dir", "/dev/null"),
    ("vectors", "wx", "--out", "file"),
    ("list", "folder.py"),
    ("show", "folder.py"),
    ("prove", "folder.py"),
    ("verify", "dangling.py"),
    ("report", "dangling.jsonl"),
    ("oracle", "wx", "--input", "dangling.npz"),
]


@pytest.mark.parametrize("words", PLACES, ids=" ".join)
def test_folders_in_place_of_files_and_files_in_place_of_folders(gradcheck, words):
    for name in ("folder", "folder.npz", "folder.json", "folder.py"):
        Path(name).mkdir()
    Path("file").write_text("a file")
    for name in ("dangling.py", "dangling.jsonl", "dangling.npz"):
        Path(name).symlink_to("nowhere")
    result = gradcheck(*words)
    assert result.exit_code == 2, result.output
    assert "broke" not in result.stderr
    assert Path("file").read_text() == "a file"


def test_a_report_folder_that_cannot_be_written_is_told_before_the_run(gradcheck, monkeypatch):
    Path("reports/run.jsonl").mkdir(parents=True)
    result = gradcheck("verify", "wx", "--max-examples", "3")
    assert result.exit_code == 2
    assert "run.jsonl" in result.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_a_full_disk_is_2_and_the_other_reports_are_there(gradcheck, monkeypatch):
    """The log's errors are in `test_log`; here a report has no room."""
    real = Path.open

    def open_full(self, *args, **kwargs):
        full = self.name.startswith(".report.md") and self.suffix == ".part"
        return real(Path("/dev/full") if full else self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", open_full)
    result = gradcheck("verify", "wx", "--max-examples", "3", "--backend", "finite_difference")
    assert result.exit_code == 2
    assert "report.md: No space left on device" in result.stderr
    assert {"run.jsonl", "summary.json", "junit.xml", "report.html"} == {
        p.name for p in Path("reports").iterdir()
    }


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize(
    "words", [("verify", "in.py"), ("report", "in.jsonl"), ("oracle", "wx", "--input", "in.npz")]
)
def test_what_may_not_be_read_is_2(gradcheck, words):
    Path(words[-1]).write_text("")
    Path(words[-1]).chmod(0)
    result = gradcheck(*words)
    assert result.exit_code == 2
    assert "broke" not in result.stderr
