"""What changed between two runs: every kind of change is seen, and what did not change is not."""

import msgspec
import pytest

from gradcheck.records.differences import difference
from gradcheck.records.reading import collect
from tests.report import samples

UID = "D09/wx.vjp"


def log(parts, **header):
    return collect(samples.records(parts, **header))


def compared(before, after):
    return difference(log([before]), log([after]))


def claim(verdict="pass", **changes):
    return samples.judged(UID, verdict, **changes)


ERRATUM = {"expected": "fail", "printed": True}


@pytest.mark.parametrize(
    ("before", "after", "kind", "step"),
    [
        (claim(), claim("fail"), "worse", ("pass (certified)", "fail")),
        (claim("fail"), claim(), "better", ("fail", "pass (certified)")),
        (claim("weak"), claim("inconclusive"), "worse", ("weak", "inconclusive")),
        (claim("error"), claim("fail"), "better", ("error", "fail")),
        (claim(), claim(strength="proved"), "better", ("pass (certified)", "pass (proved)")),
        (claim(), claim(strength="agreed"), "worse", ("pass (certified)", "pass (agreed)")),
        (
            claim("fail", **ERRATUM),
            claim(**ERRATUM),
            "worse",
            ("fail, declared an erratum", "pass (certified), declared an erratum"),
        ),
        (claim("fail"), claim("fail", **ERRATUM), "better", ("fail", "fail, declared an erratum")),
    ],
)
def test_better_and_worse(before, after, kind, step):
    (change,) = compared(before, after).changes

    assert (change.kind, (change.before, change.after)) == (kind, step)


PRECISE = samples.PRECISION
WORSE = [msgspec.structs.replace(PRECISE[0], typical=2.5), PRECISE[1]]
CODE = msgspec.structs.replace(samples.BACKWARD, text="def other(): ...")
SMALLER = msgspec.structs.replace(samples.COUNTEREXAMPLE, sizes={"n": 1, "m": 1})


@pytest.mark.parametrize(
    ("before", "after", "detail"),
    [
        ({"precision": PRECISE}, {"precision": WORSE}, "float64 loses 0.3 -> 2.5 digits typically"),
        ({}, {"candidate": CODE}, "the hand-written code changed"),
        ({}, {"forward": CODE}, "the forward changed"),
        ({"helpers": [CODE]}, {"helpers": [samples.FORWARD]}, "a function that the code calls changed"),
        ({}, {"points": 49}, "points: 50 -> 49"),
        ({}, {"proof": samples.PROOF}, "proof: none -> proved"),
    ],
)
def test_other_changes_of_a_pass(before, after, detail):
    (change,) = compared(claim(**before), claim(**after)).changes

    assert (change.kind, change.details) == ("changed", (detail,))


def test_other_changes_of_a_failure():
    before = claim("fail", counterexample=samples.COUNTEREXAMPLE, diagnosis=samples.DIAGNOSIS[1:])
    after = claim("fail", counterexample=SMALLER, diagnosis=samples.DIAGNOSIS[:1])

    (change,) = compared(before, after).changes

    assert change.kind == "changed"
    assert change.details == (
        f"counterexample: {SMALLER.message} (n = 1, m = 2) -> {SMALLER.message} (n = 1, m = 1)",
        "diagnosis: No simple explanation fits dJ/dx. -> dJ/dW is too small by the factor 1/2 in column 1.",
    )


def test_a_new_failure_says_why():
    (change,) = compared(claim(), claim("fail", counterexample=samples.COUNTEREXAMPLE)).changes

    assert change.details == (samples.COUNTEREXAMPLE.message,)


@pytest.mark.parametrize(
    "after",
    [
        claim(),
        claim(seconds=99.0),
        claim(helpers=[CODE]),  # the old version may not have recorded any
        claim(notes=["a note"]),
    ],
)
def test_what_is_as_before(after):
    found = compared(claim(), after)

    assert found.changes == ()
    assert found.same == 1


def test_new_and_gone_and_the_order():
    old = log([claim("weak"), samples.PROVED, samples.TRAINED, samples.FAILED])
    new = log([claim("fail"), samples.PROVED, samples.UNSUPPORTED, samples.judged("D12/xw.vjp")])

    found = difference(old, new)

    assert [(c.kind, c.uid) for c in found.changes] == [
        ("worse", UID),
        ("better", "D12/xw.vjp"),
        ("new", "D15/relu.vjp"),
        ("gone", "D21/regression.update"),
    ]
    assert found.same == 1
    assert found.of("new")[0].after == "pass (certified)"


def test_the_runs_themselves():
    old = log([claim()])
    new = log(
        [claim()],
        seed=3,
        gradcheck="0.2.0",
        versions={"numpy": "2.5.0", "sympy": "1.14.0", "jax": "0.12"},
        backends=[samples.BackendInfo(name="symbolic", available=True)],
    )

    assert difference(old, new).run == (
        "gradcheck 0.1.0 -> 0.2.0",
        "seed 0 -> 3",
        "numpy 2.4.6 -> 2.5.0",
        "python-flint 0.9.0 -> none",
        "jax none -> 0.12",
        "backend finite_difference there -> not in use",
        "backend autodiff missing -> not in use",
    )
    assert difference(old, old).run == ()


def test_times_are_sorted_by_their_change():
    old = log([samples.judged("a", seconds=1.0), samples.judged("b", seconds=5.0)])
    new = log([samples.judged("a", seconds=9.0), samples.judged("b", seconds=4.0)])

    assert difference(old, new).times == (("a", 1.0, 9.0), ("b", 5.0, 4.0))


def test_an_incomplete_log_is_compared_as_far_as_it_goes():
    cut = collect(samples.records([claim(), samples.PROVED])[:4])

    found = difference(cut, log([claim("weak"), samples.PROVED]))

    assert not found.complete
    assert [(c.kind, c.uid) for c in found.changes] == [("worse", UID), ("new", "D08/wx.jacobian-x")]
