"""A log tells the truth about a run, or says that it does not."""

import errno
import json

import jsonschema
import msgspec
import numpy as np
import pytest

from gradcheck.errors import UsageError
from gradcheck.records.arrays import encode
from gradcheck.records.reading import LogWriter, collect, read_log
from gradcheck.records.types import ArrayRecord, ClaimRow
from gradcheck.schemas import schemas
from tests.report import samples
from tests.wording import missing_field

WHOLE = samples.records(samples.GOOD)


def write(path, records):
    with LogWriter(path) as writer:
        for record in records:
            writer.write(record)
    return path


def changed(records, index, **changes):
    return [*records[:index], msgspec.structs.replace(records[index], **changes), *records[index + 1 :]]


class TestWriting:
    def test_what_was_written_is_read(self, tmp_path):
        records = samples.records(samples.EVERYTHING)

        log = read_log(write(tmp_path / "deep" / "run.jsonl", records))

        assert log.complete
        assert log == collect(records)
        assert [claim.uid for claim in log.claims] == log.header.claims

    def test_an_earlier_log_is_gone_from_the_first_record_on(self, tmp_path):
        """A process that ends at once must not leave an older run to be read in its place."""
        path = tmp_path / "run.jsonl"
        write(path, WHOLE)
        writer = LogWriter(path)
        writer.write(WHOLE[0])

        assert path.read_bytes().count(b"\n") == 1  # flushed, though the file is open
        assert not read_log(path).complete
        writer.close()
        writer.close()
        assert [p.name for p in tmp_path.iterdir()] == ["run.jsonl"]

    def test_an_interruption_keeps_what_was_finished(self, tmp_path):
        path = tmp_path / "run.jsonl"
        with pytest.raises(KeyboardInterrupt), LogWriter(path) as writer:
            for record in WHOLE[:4]:
                writer.write(record)
            raise KeyboardInterrupt

        log = read_log(path)

        assert not log.complete
        assert [claim.uid for claim in log.claims] == ["D09/wx.vjp"]
        assert log.exit_code == 1

    def test_a_number_that_json_cannot_say_is_refused(self, tmp_path):
        with LogWriter(tmp_path / "run.jsonl") as writer:
            for value in (float("nan"), float("inf")):
                with pytest.raises(ValueError, match="does not read back"):
                    writer.write(samples.row("x", seconds=value))
                with pytest.raises(ValueError, match="does not read back"):
                    writer.write(
                        samples.claim(
                            "x", counterexample=msgspec.structs.replace(samples.COUNTEREXAMPLE, rate=value)
                        )
                    )

    def test_half_a_surrogate_pair_becomes_readable(self, tmp_path):
        records = samples.records([samples.judged("x", reason="file \udcff.npy", verdict="error")])

        (claim,) = read_log(write(tmp_path / "run.jsonl", records)).claims

        assert claim.reason == r"file \udcff.npy"

    def test_a_full_disk_is_an_oserror_and_the_log_still_closes(self, tmp_path, monkeypatch):
        path = tmp_path / "run.jsonl"
        writer = LogWriter(path)
        writer.write(WHOLE[0])
        real = writer._file

        class Full:
            closed = False

            def write(self, data):
                real.write(bytes(data[:10]))
                raise OSError(errno.ENOSPC, "No space left on device")

        writer._file = Full()
        with pytest.raises(OSError, match="No space") as caught:
            writer.write(WHOLE[1])
        assert caught.value.filename == str(writer.path)  # which the system does not say
        writer._file = real
        writer.close()

        log = read_log(path)
        assert "cut inside line 2" in log.problems[0]


class TestCuts:
    def test_a_log_cut_at_any_byte_is_never_complete(self, tmp_path):
        data = write(tmp_path / "run.jsonl", samples.records(samples.GOOD[:2])).read_bytes()
        header = data.index(b"\n") + 1
        path = tmp_path / "cut.jsonl"
        for length in range(len(data)):
            path.write_bytes(data[:length])
            if length < header:
                with pytest.raises(UsageError, match="line 1"):
                    read_log(path)
            else:
                log = read_log(path)
                assert not log.complete
                assert log.exit_code == 1
                assert len(log.claims) == data[:length].count(b'{"record":"claim"') - (
                    b'{"record":"claim"' in data[:length].rpartition(b"\n")[2]
                )
        path.write_bytes(data)
        assert read_log(path).complete

    @pytest.mark.parametrize("gone", range(1, len(WHOLE)))
    def test_a_log_without_one_of_its_lines_is_never_complete(self, gone):
        assert not collect(WHOLE[:gone] + WHOLE[gone + 1 :]).complete

    def test_backend_rows_of_an_unavailable_backend_are_not_missed(self):
        assert [b.name for b in WHOLE[0].backends if not b.available] == ["autodiff"]
        assert collect(WHOLE).complete


def counted(records, **changes):
    return changed(records, len(records) - 1, **changes)


class TestGaps:
    @pytest.mark.parametrize(
        ("records", "problem"),
        [
            (WHOLE[:-1], "no footer"),
            (
                changed(WHOLE, 0, claims=[*WHOLE[0].claims, "D99/other"]),
                "1 claim was not judged: D99/other",
            ),
            ([samples.header([]), samples.footer([])], "not one claim"),
            (counted(WHOLE, claims=9), "the footer counts"),
            (counted(WHOLE, as_declared=0), "the footer counts"),
            (counted(WHOLE, verdicts={"pass": 5}), "the footer counts"),
            (counted(samples.records([samples.FAILED]), exit_code=0), "the footer says"),
        ],
    )
    def test_what_is_missing_is_named(self, records, problem):
        log = collect(records)

        assert not log.complete
        assert any(problem in p for p in log.problems), log.problems
        assert log.exit_code == 1

    def test_verdicts_counted_as_zero_are_no_gap(self):
        footer = WHOLE[-1]
        assert collect(counted(WHOLE, verdicts={**footer.verdicts, "weak": 0})).complete

    @pytest.mark.parametrize(
        ("parts", "code"), [(samples.GOOD, 0), (samples.EVERYTHING, 1), ([samples.WEAK], 1)]
    )
    def test_exit_code(self, parts, code):
        assert collect(samples.records(parts)).exit_code == code


class TestRefused:
    @pytest.mark.parametrize(
        ("records", "message"),
        [
            ([], "expected the header"),
            (WHOLE[1:], "line 1: a record before the header"),
            ([*WHOLE, WHOLE[0]], "a second header"),
            ([*WHOLE, WHOLE[1]], "after the footer"),
            ([*WHOLE, WHOLE[-1]], "after the footer"),
            ([*WHOLE[:4], *WHOLE[3:]], "line 5: the claim .* is judged already"),
            ([*WHOLE[:4], WHOLE[1], *WHOLE[4:]], "is judged already"),
            ([*WHOLE[:2], *WHOLE[1:]], "line 3: a second row of 'symbolic'"),
            ([WHOLE[0], samples.row("D99/x")], "not in the header"),
            (changed(WHOLE, 0, claims=[*WHOLE[0].claims, WHOLE[0].claims[0]]), "lists a claim twice"),
            (changed(WHOLE, 3, verdict="fail"), "line 4: .* as_declared is True"),
            (changed(WHOLE, 3, as_declared=False), "as_declared is False"),
            (changed(WHOLE, 3, verdict="fine"), "unknown verdict 'fine'"),
            (changed(WHOLE, 3, verdict="unsupported"), "unknown verdict"),
            (changed(WHOLE, 1, verdict="good"), "unknown verdict"),
            (changed(WHOLE, 3, strength="certain"), "unknown strength"),
            (changed(WHOLE, 3, expected="weak"), "unknown expectation"),
        ],
    )
    def test_contradictions(self, records, message):
        with pytest.raises(UsageError, match=message):
            collect(records)

    def test_an_array_in_a_counterexample_that_is_none(self):
        bad = ArrayRecord(dtype="<f8", shape=[2], b64=encode(np.zeros(3)).b64)
        found = msgspec.structs.replace(samples.COUNTEREXAMPLE, delta=[bad])
        claim = msgspec.structs.replace(samples.FAILED[-1], counterexample=found)

        with pytest.raises(
            UsageError, match=r"line 4: D12/xw.vjp: counterexample: array: b64 holds 24 bytes"
        ):
            collect(samples.records([[*samples.FAILED[:-1], claim]]))

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (b"", "line 1: no gradcheck log"),
            (b"\n", "line 1: expected the header"),
            (b"hello\n", "line 1: expected the header"),
            (b"\xff\xfe\x00\n", "line 1: expected the header"),
            (b'{"record":"header","schema":"other-1"}\n', "line 1: expected the header"),
            (b'{"record":"header","schema":"gradcheck-log-2","new":1}\n', "written by a newer gradcheck"),
            (b'{"record":"header","schema":"gradcheck-log-0"}\n', "written by an older gradcheck"),
            (b'{"record":"header","schema":"gradcheck-log-1"}\n', "line 1: .*" + missing_field("gradcheck")),
        ],
    )
    def test_files_that_are_no_log(self, tmp_path, text, message):
        path = tmp_path / "run.jsonl"
        path.write_bytes(text)
        with pytest.raises(UsageError, match=message):
            read_log(path)

    @pytest.mark.parametrize(
        "line",
        [
            b"{",
            b"[]",
            b'{"record":"other"}',
            b"\x00",
            b"\xff",
            b'{"record":"footer","unknown":1}',
            b"[" * 9999,
        ],
    )
    def test_a_whole_line_that_is_no_record_is_named(self, tmp_path, line):
        path = write(tmp_path / "run.jsonl", WHOLE[:4])
        path.write_bytes(path.read_bytes() + line + b"\n")
        with pytest.raises(UsageError, match=r"run\.jsonl: line 5: "):
            read_log(path)

    def test_a_folder_and_a_missing_file(self, tmp_path):
        with pytest.raises(UsageError, match=r"did you mean .*run\.jsonl"):
            read_log(tmp_path)
        with pytest.raises(UsageError, match="cannot be read: No such file"):
            read_log(tmp_path / "none.jsonl")

    def test_windows_line_ends_and_blank_lines_are_read(self, tmp_path):
        path = write(tmp_path / "run.jsonl", WHOLE)
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\n")
        assert read_log(path).complete


class TestSchema:
    def test_written_logs_are_valid(self, tmp_path):
        validator = jsonschema.Draft202012Validator(schemas()["log.schema.json"])
        for line in (
            write(tmp_path / "run.jsonl", samples.records(samples.EVERYTHING)).read_text().splitlines()
        ):
            validator.validate(json.loads(line))

    @pytest.mark.parametrize("change", [{"verdict": 1}, {"uid": None}, {"unknown": 1}, {"points": 1.5}])
    def test_other_lines_are_not(self, change):
        validator = jsonschema.Draft202012Validator(schemas()["log.schema.json"])
        claim = next(record for record in WHOLE if isinstance(record, ClaimRow))
        assert not validator.is_valid(msgspec.to_builtins(claim) | change)
