"""Joining the parts of a run: nothing is lost, nothing is invented, contradictions are named."""

import msgspec
import pytest

from gradcheck.errors import UsageError
from gradcheck.records.merging import merge
from gradcheck.records.reading import collect, missing_shards
from tests.report import samples


def log(parts, cut=None, **header):
    return collect(samples.records(parts, **header)[:cut])


def joined(**logs):
    return collect(merge(logs))


def uids(log):
    return [claim.uid for claim in log.claims]


A, B = [samples.PASSED, samples.FAILED], [samples.PROVED, samples.UNSUPPORTED, samples.RICH]


def test_two_parts_are_one_run():
    found = joined(a=log(A, started="2026-01-02T03:04:05Z"), b=log(B, started="2026-01-01T00:00:00Z"))

    assert found.complete
    assert uids(found) == uids(log(A)) + uids(log(B)) == found.header.claims
    assert found.header.started == "2026-01-01T00:00:00Z"
    assert (found.footer.claims, found.footer.as_declared, found.footer.seconds) == (5, 3, 8.4)
    assert found.exit_code == 1
    assert found.rows == {**log(A).rows, **log(B).rows}
    assert found.battery == log(B).battery
    assert found.header.command == log(A).header.command


def test_the_order_of_the_parts_is_the_order_of_the_claims_only():
    one, other = joined(a=log(A), b=log(B)), joined(b=log(B), a=log(A))

    assert uids(other) == uids(log(B)) + uids(log(A))
    assert sorted(uids(one)) == sorted(uids(other))
    assert one.footer == other.footer


def test_one_part_is_itself():
    assert joined(a=log(A)) == log(A)


def test_good_parts_make_a_good_run():
    assert joined(a=log([samples.PASSED]), b=log([samples.PROVED])).exit_code == 0


def test_a_part_that_reports_a_failure_of_its_own_is_not_forgotten():
    records = samples.records([samples.PASSED])
    records[-1] = msgspec.structs.replace(records[-1], exit_code=1, remarks=["a slip", "twice"])

    found = joined(a=collect(records), b=log([samples.PROVED]))

    assert found.exit_code == 1
    assert found.footer.remarks == ["a slip", "twice"]


def test_the_same_claim_twice_with_the_same_result_is_one():
    again = [msgspec.structs.replace(record, seconds=99.0) for record in samples.PASSED]

    found = joined(a=log(A), b=log([again, samples.PROVED]))

    assert found.complete
    assert uids(found).count("D09/wx.vjp") == 1


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        (samples.judged("D09/wx.vjp", "weak"), "verdict"),
        (samples.judged("D09/wx.vjp", points=49, note="flat arrays"), "points"),
        ([samples.row("D09/wx.vjp"), *samples.PASSED[1:]], None),
        (
            [msgspec.structs.replace(samples.PASSED[0], agreed=48), *samples.PASSED[1:]],
            "the backends' rows",
        ),
        (
            [
                samples.BatteryRow(claim="D09/wx.vjp", check="x", outcome="note", counts=False, points=1),
                *samples.PASSED,
            ],
            "the battery's rows",
        ),
    ],
)
def test_the_same_claim_with_another_result_is_refused(changed, word):
    if word is None:
        assert joined(a=log(A), b=log([changed])).complete
        return
    with pytest.raises(UsageError, match=f"a and b both judge D09/wx.vjp, .* differ in .*{word}"):
        joined(a=log(A), b=log([changed]))


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"seed": 1}, "seed is 0 in the first and 1 in the second"),
        ({"max_examples": 9}, "max_examples is 50"),
        ({"gradcheck": "9.9"}, "gradcheck is 0.1.0"),
        ({"python": "3.13.0"}, "python is"),
        ({"platform": "Plan 9"}, "platform is"),
        ({"versions": {"numpy": "3.0.0"}}, "the version of numpy is 2.4.6 in the first and 3.0.0"),
        (
            {"backends": samples.header([]).backends[:2]},
            "the backend autodiff is missing in the first and not in use",
        ),
    ],
)
def test_parts_of_different_runs_are_refused(header, words):
    with pytest.raises(UsageError, match=f"a and b are not parts of one run: {words}"):
        joined(a=log([samples.PASSED]), b=log([samples.PROVED], **header))


def test_nothing_to_join():
    with pytest.raises(UsageError, match="one log or more"):
        merge({})


class TestIncomplete:
    def test_a_cut_part_makes_an_incomplete_run(self):
        for length in range(1, len(samples.records(A))):
            found = joined(a=log(A, length), b=log(B))

            assert not found.complete
            assert found.exit_code == 1
            assert found.footer is None
            assert set(uids(found)) == set(uids(log(A, length))) | set(uids(log(B)))

    def test_a_cut_part_alone_stays_cut(self):
        """All claims are there, and only the footer is not."""
        assert not joined(a=log(A, -1)).complete

    def test_a_cut_part_whose_claims_another_part_judged_does_no_harm(self):
        for length in range(1, len(samples.records(A))):
            found = joined(a=log(A, length), b=log([*A, samples.PROVED]))

            assert found.complete, length
            assert set(uids(found)) == set(uids(log([*A, samples.PROVED])))

    def test_rows_that_are_missing_stay_missing(self):
        records = samples.records(A)
        del records[1]

        assert not joined(a=collect(records), b=log(B)).complete


class TestShards:
    def parts(self, *numbers, of=3):
        pieces = [[samples.PASSED], [samples.PROVED], [samples.TRAINED]]
        return {f"s{i}": log(pieces[i - 1], shards=[f"{i}/{of}"]) for i in numbers}

    def test_all_of_them_are_a_whole_run(self):
        found = joined(**self.parts(3, 1, 2))

        assert found.complete
        assert found.header.shards == []

    def test_one_that_is_missing_is_noticed(self):
        found = joined(**self.parts(1, 3))

        assert found.problems == ("shards are missing: 2/3",)
        assert found.exit_code == 1
        assert found.header.shards == ["1/3", "3/3"]

    def test_they_can_be_joined_bit_by_bit(self):
        half = joined(**self.parts(1, 3))

        found = joined(half=half, **self.parts(2))

        assert found.complete
        assert len(found.claims) == 3

    def test_one_alone_is_complete_as_what_it_is(self):
        assert self.parts(2)["s2"].complete
        assert joined(**self.parts(2)).header.shards == ["2/3"]

    def test_shards_of_different_counts_are_refused(self):
        with pytest.raises(UsageError, match="the shards 1/3 and 2/4"):
            joined(**self.parts(1), **self.parts(2, of=4))

    @pytest.mark.parametrize("shards", [["0/3"], ["4/3"], ["1/3", "1/4"], ["1/3", "1/3"], ["x"], ["1/3 "]])
    def test_shards_that_are_none_are_refused_when_read(self, shards):
        with pytest.raises(UsageError, match="shards like '2/4'"):
            log([samples.PASSED], shards=shards)

    def test_missing(self):
        assert missing_shards([]) == missing_shards(["2/9"]) == missing_shards(["1/2", "2/2"]) == []
        assert missing_shards(["4/4", "1/4"]) == ["2/4", "3/4"]


def test_many_claims_are_joined_quickly():
    one = log([samples.judged(f"D1/a{i}.vjp") for i in range(4000)])
    other = log([samples.judged(f"D1/a{i}.vjp") for i in range(2000, 6000)])

    assert len(joined(a=one, b=other).claims) == 6000
