"""A failure in a dozen lines: what is kept, what is cut, and what comes first."""

import msgspec
import numpy as np
import pytest

from gradcheck.records.arrays import encode
from gradcheck.records.types import Diagnosis
from gradcheck.report.brief import LINES, brief, in_one_line
from gradcheck.report.diagnoses import diagnosis_lines, lead, merged
from tests.report import samples

LONG = "a sentence that goes on and on " * 40


def failing(**changes):
    return msgspec.structs.replace(samples.RICH[-1], **changes)


def test_the_diagnosis_comes_first_then_the_arrays_who_says_so_and_the_command():
    lines = brief(samples.RICH[-1], 80)

    assert lines == [
        "FAIL D13/layer.vjp (formulas/linear.py:17)",
        "diagnosis: dJ/dW: dJ/dW is too small by the factor 1/2 in column 1. (12 of 12",
        "  points, exact to 1e-30)",
        "diagnosis: dJ/dx: No simple explanation fits dJ/dx.",
        "layer 2 (tanh) is the first wrong one",
        "counterexample at n = 2, m = 3 (the smallest shape found):",
        "  delta = [1.0, -0.5], W = [[0.0, 0.25, 0.5], [0.75, 1.0, 1.25]], x = [2.0, 0.1,",
        "    -1.0]",
        "  dJ/dW is [[2.0, 0.25, -1.0], [-1.0, -0.05, 0.5]], should be [[2.0, 0.5, -1.0],",
        "    [-1.0, -0.05, 0.5]]",
        "finite differences say 0.5",
        "run it again: gradcheck replay 'D13/layer.vjp'",
    ]


@pytest.mark.parametrize(
    ("mine", "right", "says"),
    [
        (
            [0.7310585786300049, 1.5],
            [0.2689414213699951, 1.5],
            "is [0.731059, 1.5], should be [0.268941, 1.5]",
        ),
        ([1234.56789012, -3.99976001e-05], [0.0, 1.0], "is [1234.57, -3.99976e-05], should be [0.0, 1.0]"),
        (
            [0.7310585786300049],
            [0.7310585786311111],
            "is [0.7310585786300049], should be [0.7310585786311111]",
        ),
        ([0.1234565], [0.1234564], "is [0.1234565], should be [0.1234564]"),
    ],
)
def test_numbers_are_as_long_as_it_takes_to_tell_them_apart(mine, right, says):
    found = msgspec.structs.replace(
        samples.WITNESS, candidate=encode(np.array(mine)), truth=encode(np.array(right)), index=[0]
    )
    assert says in " ".join(line.strip() for line in brief(failing(counterexample=found), 80))


def test_a_name_stays_with_its_array():
    arrays = {"weights": encode(np.arange(5.0)), "x": encode(np.arange(6.0)), "bias": encode(np.zeros(3))}
    found = msgspec.structs.replace(samples.WITNESS, inputs=arrays)
    for width in range(30, 90):
        lines = brief(failing(counterexample=found), width)
        assert not [line for line in lines if line.endswith((" =", "bias", "weights"))]


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize(
    "claim",
    [
        *(part[-1] for part in samples.EVERYTHING),
        samples.RICH[-1],
        samples.HOSTILE_RICH[-1],
        failing(reason=LONG, diagnosis=[Diagnosis(quantity="dJ/dW", kind="x", text=LONG)] * 3),
        failing(
            diagnosis=[Diagnosis(quantity=f"dJ/dW{k}", kind="x", text=f"{k} {LONG}") for k in range(9)],
            counterexample=msgspec.structs.replace(
                samples.WITNESS,
                inputs={f"x{k}": encode(np.linspace(0, 1, 60)) for k in range(9)},
                candidate=encode(np.linspace(0, 1, 6)),
                truth=encode(np.linspace(0, 1, 6) / 3),
                index=[5],
            ),
        ),
    ],
    ids=lambda claim: claim.uid[:20] if hasattr(claim, "uid") else None,
)
def test_whatever_there_is_to_say_it_fits(claim, width):
    *lines, last = brief(claim, width)

    assert len(lines) < LINES
    assert all(len(line) <= width for line in lines)
    found = claim.counterexample
    if found is None:
        assert len(last) <= width
    else:
        assert last.startswith("run it again: ")  # a command is never cut


def test_what_is_cut_says_so():
    lines = brief(failing(diagnosis=[Diagnosis(quantity="dJ/dW", kind="x", text=LONG)]), 80)

    assert len(lines) == LINES
    assert sum(line.endswith(" ...") for line in lines) == 1
    assert lines[-1].startswith("run it again")


def test_one_diagnosis_of_several_arguments_is_one():
    same = [Diagnosis(quantity=f"dJ/d{a}", kind="x", text="the sign is wrong", points=4, of=4) for a in "WXb"]
    other = Diagnosis(quantity="dJ/dc", kind="x", text="another")

    assert merged([*same, other]) == [
        "dJ/dW, dJ/dX and dJ/db: the sign is wrong (4 of 4 points)",
        "dJ/dc: another",
    ]
    assert lead(failing(diagnosis=[*same, other])).startswith("dJ/dW, dJ/dX and dJ/db: the sign")
    uneven = [same[0], msgspec.structs.replace(same[1], points=3)]
    assert merged(uneven) == ["dJ/dW and dJ/dX: the sign is wrong"]  # counts that differ are not joined


def test_the_whole_story_has_a_line_for_each():
    same = [Diagnosis(quantity=f"dJ/d{a}", kind="x", text="the sign is wrong") for a in "WX"]
    between = Diagnosis(quantity="dJ/dV", kind="x", text="another")

    assert diagnosis_lines([same[0], between, same[1]]) == [
        "diagnosis: dJ/dW: the sign is wrong",
        "diagnosis: dJ/dV: another",
        "diagnosis: dJ/dX: the same as dJ/dW",
    ]


def test_without_a_diagnosis_the_message_or_the_reason_leads():
    assert lead(samples.FAILED[-1]) == samples.COUNTEREXAMPLE.message
    assert in_one_line(samples.WEAK[-1]).endswith(
        "only square shapes were tried, and the declaration allows others"
    )


def test_backends_that_contradict_each_other_are_named():
    split = [msgspec.structs.replace(p, agreed=48) for p in samples.agreement(50, 50)]
    words = "the backends contradict each other: symbolic and finite_difference at"

    assert any(line.startswith(words) for line in brief(failing(agreement=split), 80))
    assert not any(line.startswith(words) for line in brief(samples.RICH[-1], 80))
