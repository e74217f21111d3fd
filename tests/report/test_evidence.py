"""What a verdict rests on, in sentences and as a table."""

import re
from html import unescape

import msgspec
import pytest

from gradcheck.checking.writing.agreement import HAND_WRITTEN as ENGINES
from gradcheck.records.reading import collect
from gradcheck.report.evidence import (
    HAND_WRITTEN,
    corrected,
    evidence,
    matrix,
    strengths,
)
from gradcheck.report.page.highlight import highlight
from gradcheck.report.witnesses import (
    agreement_text,
    course_text,
    curve_text,
    difference_is_sound,
    proof_text,
    training_text,
)
from tests.report import samples

TRIED = "Tried at 50 points of 9 shapes, 7 with all sizes distinct"


def test_reports_and_engine_call_the_code_the_same():
    assert HAND_WRITTEN == ENGINES


@pytest.mark.parametrize(
    ("part", "sentences"),
    [
        (
            samples.PASSED,
            [
                "Certified in ball arithmetic: at the points tried no rounding can hide a difference.",
                f"{TRIED}: confirmed by symbolic at 50 and finite_difference at 50.",
            ],
        ),
        (
            samples.judged("x", strength="agreed", shapes=[{}]),
            [
                "Agreed in floating point, within a derived error bound at the points tried.",
                "Tried at 50 points: confirmed by symbolic at 50 and finite_difference at 50.",
            ],
        ),
        (
            samples.UNSUPPORTED,
            [
                "Certified in ball arithmetic: at the points tried no rounding can hide a difference.",
                f"{TRIED}: confirmed by finite_difference at 50.",
            ],
        ),
        (
            samples.ERRATUM,
            [
                f"{TRIED}: contradicted by symbolic at 1 of 50 and finite_difference at 1 of 50.",
            ],
        ),
        (samples.INCONCLUSIVE, [f"{TRIED}."]),
        (samples.judged("x", "error", points=0, shapes=[]), []),
    ],
)
def test_sentences(part, sentences):
    assert evidence(part[-1], [r for r in part[:-1] if hasattr(r, "backend")]) == sentences


def test_strengths_count_passes_the_strongest_first():
    log = collect(samples.records([samples.PASSED, samples.PROVED, samples.ERRATUM, samples.WEAK]))

    assert list(strengths(log).items()) == [("proved", 1), ("certified", 1)]


def test_the_matrix_is_a_triangle():
    names, rows = matrix(samples.RICH[-1])

    assert names == ["hand-written", "symbolic"]
    assert [(name, [c.agreed for c in cells]) for name, cells in rows] == [
        ("symbolic", [8]),
        ("finite_difference", [8, 50]),
    ]
    assert matrix(samples.PASSED[-1])[1] == []


def test_a_pair_that_was_not_compared_is_a_hole():
    pairs = [p for p in samples.agreement(3, 5) if p.first == "hand-written"]

    _, rows = matrix(msgspec.structs.replace(samples.RICH[-1], agreement=pairs))

    assert rows[1] == ("finite_difference", [pairs[1], None])


def test_a_correction_of_the_same_formula_comes_before_one_of_the_same_id():
    other = samples.judged("D09/wx.vjp", latex="a")
    same = samples.judged("D09/wx_column.vjp", latex="b")
    log = collect(samples.records([samples.ERRATUM, other, same]))
    alone = collect(samples.records([samples.ERRATUM, other]))

    assert corrected(samples.ERRATUM[-1], log).latex == "b"
    assert corrected(samples.ERRATUM[-1], alone).latex == "a"
    assert corrected(other[-1], log) is None


@pytest.mark.parametrize(
    ("changes", "sound"),
    [
        ({}, True),
        ({"exact": [0.1] * 30}, False),  # does not converge
        ({"error": [1.0] * 30}, False),  # float64 leaves its bound
        ({"gap": 0.0}, False),
        ({"exact": []}, False),
    ],
)
def test_when_the_difference_is_beyond_doubt(changes, sound):
    assert difference_is_sound(msgspec.structs.replace(samples.STEP_CURVE, **changes)) == sound


def test_code_in_colours_is_the_same_code():
    code = "@f.vjp(id='</script><b>')\ndef g(x):\n    # &amp; \"hi\"\n    return 1.5e3 * x if x else None\n"

    made = str(highlight(code))

    assert unescape(re.sub(r"</?span[^>]*>", "", made)) == code
    assert set(re.findall(r"<[^>]*>", made)) <= {
        "</span>",
        *(f'<span class="{c}">' for c in "ksncdf"),
    }
    assert '<span class="k">def</span> <span class="f">g</span>' in made


@pytest.mark.parametrize("code", ["", "\x00\x1b[31m", "not python ' \" ``` <<<", "x" * 100_000, "(" * 5000])
def test_any_text_can_be_coloured(code):
    assert "<b" not in str(highlight(code))
    assert len(str(highlight(code))) < 60_000


def test_one_line_about_the_difference_only_where_it_is_sound():
    assert curve_text(samples.STEP_CURVE) == (
        "float64 finite differences agree with the expected value at dJ/dW[0, 1]: they come within 6e-12 of "
        "it, and the hand-written one is 0.5 off"
    )
    assert curve_text(msgspec.structs.replace(samples.STEP_CURVE, gap=0.0)) is None


ZEROS = [0.0] * 30


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "settles at the right value, until rounding drowns it in float64."),
        # exact in float64 below some step, as at an entry that is 0
        (
            {"error": [1e-3] * 15 + ZEROS[:15], "bound": [1.0] * 30},
            "settles at the right value, in float64 too.",
        ),
        (
            {"error": [1e-3] * 15 + [3e-16] * 15, "bound": [1.0] * 30},
            "settles at the right value, in float64 too.",
        ),
        ({"error": ZEROS, "exact": ZEROS, "bound": ZEROS}, "exactly right at every step."),
    ],
)
def test_what_is_said_of_the_curve_is_what_it_shows(changes, told):
    curve = msgspec.structs.replace(samples.STEP_CURVE, **changes)

    assert course_text(curve).endswith(told)


def test_nothing_is_said_of_a_difference_that_does_not_converge():
    assert course_text(msgspec.structs.replace(samples.STEP_CURVE, exact=[0.1] * 30)) is None


def test_one_line_about_the_backends_among_themselves():
    split = [msgspec.structs.replace(p, agreed=48) for p in samples.agreement(50, 50)]

    assert agreement_text(samples.RICH[-1]) == (
        "the backends agree with each other at every point (1 pair compared)"
    )
    assert agreement_text(msgspec.structs.replace(samples.RICH[-1], agreement=split)) == (
        "the backends contradict each other: symbolic and finite_difference at 2 of 50 points"
    )
    assert agreement_text(samples.PASSED[-1]) is None


def test_one_line_about_training_and_proof():
    wrong = msgspec.structs.replace(
        samples.TRAINING, steps=[msgspec.structs.replace(samples.TRAINING.steps[0], verdict="fail")]
    )

    assert training_text(samples.TRAINING) == (
        "training: 30 steps, cost 2.01 -> 0.0125, the gradient right at every step; it stopped: 30 steps "
        "were asked for"
    )
    assert "the gradient wrong at 1 of them" in training_text(wrong)
    assert proof_text(samples.PROOF) == (
        "proved for all shapes and values, assuming n, m >= 1: all quantities but dJ/dx"
    )
    failed = msgspec.structs.replace(samples.PROOF, status="open", reason="why")
    assert proof_text(failed) == "not proved for all shapes: why"
