"""The pictures: they show what the record says, with a text that says it too."""

import re
from xml.etree import ElementTree as ET

import msgspec
import numpy as np
import pytest

from gradcheck.records.accuracy import Precision
from gradcheck.records.arrays import encode
from gradcheck.report.pictures import (
    cost_picture,
    digits_picture,
    draws_zero,
    heat_pictures,
    shapes_picture,
    steps_picture,
)
from tests.report import samples


def read(markup):
    root = ET.fromstring(str(markup))
    assert root.get("role") == "img"
    assert root.get("aria-label")
    return root


def find(root, tag, kind=None):
    return [e for e in root.iter(tag) if kind is None or e.get("class") == kind]


def inside(root):
    """Every coordinate lies in the picture."""
    width, height = (float(v) for v in root.get("viewBox").split()[2:])
    for circle in find(root, "circle"):
        assert 0 <= float(circle.get("cx")) <= width
        assert 0 <= float(circle.get("cy")) <= height
    for line in find(root, "polyline"):
        for pair in line.get("points").split():
            x, y = map(float, pair.split(","))
            assert 0 <= x <= width
            assert 0 <= y <= height
    return True


class TestSteps:
    def points(self, root, kind):
        (line,) = find(root, "polyline", kind)
        return [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]

    def test_the_float64_error_is_a_valley_and_the_exact_one_falls(self):
        root = read(steps_picture(samples.STEP_CURVE))

        error = [y for _, y in self.points(root, "error")]
        lowest = error.index(max(error))  # y grows downwards
        assert 5 < lowest < 25
        assert error[:lowest] == sorted(error[:lowest])
        assert error[lowest:] == sorted(error[lowest:], reverse=True)
        exact = [y for _, y in self.points(root, "exact")]
        assert exact == sorted(exact)
        assert inside(root)

    def test_the_gap_is_a_level_line_above_the_valley(self):
        root = read(steps_picture(samples.STEP_CURVE))

        (_, left), (_, right) = self.points(root, "gap")
        assert left == right < max(y for _, y in self.points(root, "error"))

    def test_the_bound_lies_above_the_error(self):
        root = read(steps_picture(samples.STEP_CURVE))

        pairs = zip(self.points(root, "bound"), self.points(root, "error"), strict=True)
        assert all(b[1] <= e[1] for b, e in pairs)

    def test_an_error_of_zero_is_drawn_at_the_edge(self):
        curve = msgspec.structs.replace(samples.STEP_CURVE, error=[0.0] * 30, exact=[0.0] * 30)

        root = read(steps_picture(curve))

        assert inside(root)
        assert draws_zero(curve)
        assert "0" in [text.text for text in find(root, "text")]

    def test_the_twin_an_edge_that_nothing_of_zero_stands_at_is_not_named_so(self):
        assert not draws_zero(samples.STEP_CURVE)
        assert "0" not in [text.text for text in find(read(steps_picture(samples.STEP_CURVE)), "text")]

    @pytest.mark.parametrize(
        "changes", [{"steps": []}, {"error": [1.0]}, {"steps": [0.0] * 30}, {"steps": [-1.0] * 30}]
    )
    def test_a_record_that_is_no_curve_is_no_picture(self, changes):
        assert steps_picture(msgspec.structs.replace(samples.STEP_CURVE, **changes)) == ""

    def test_hostile_names_stay_text(self):
        curve = msgspec.structs.replace(samples.STEP_CURVE, quantity='"><script>alert(1)</script>')

        assert "<script" not in str(steps_picture(curve))


class TestCost:
    def training(self, costs, verdict="pass"):
        steps = [
            msgspec.structs.replace(samples.TRAINING.steps[0], cost=cost, verdict=verdict)
            for cost in costs[:-1]
        ]
        return msgspec.structs.replace(samples.TRAINING, steps=steps, final_cost=costs[-1])

    def points(self, costs):
        text = re.search(r'points="([^"]*)"', cost_picture(self.training(costs)))[1]
        return [tuple(map(float, pair.split(","))) for pair in text.split()]

    def test_a_falling_cost_falls(self):
        heights = [y for _, y in self.points([4.0, 3.0, 2.0, 1.0])]
        assert heights == sorted(heights)  # y grows downwards

    def test_a_fall_over_decades_is_drawn_on_a_log_scale(self):
        heights = [y for _, y in self.points([1.0, 0.1, 0.01])]
        assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1], abs=0.2)
        assert "log scale" in cost_picture(self.training([1.0, 0.01]))
        assert "log scale" not in cost_picture(self.training([1.0, 0.9]))

    @pytest.mark.parametrize("costs", [[0.0, 0.0], [-1.0, -2.0], [1e308, -1e308], [5e-324, 0.0]])
    def test_any_finite_cost_can_be_drawn(self, costs):
        assert inside(read(cost_picture(self.training(costs))))

    @pytest.mark.parametrize("costs", [[1.0], [float("inf"), 1.0]])
    def test_nothing_to_draw(self, costs):
        assert cost_picture(self.training(costs)) == ""

    def test_every_step_shows_its_gradient_check(self):
        right = read(cost_picture(self.training([2.0, 1.5, 1.0])))
        wrong = read(cost_picture(self.training([2.0, 1.5, 1.0], verdict="fail")))

        assert (len(find(right, "circle", "right")), len(find(right, "path", "wrong"))) == (2, 0)
        assert (len(find(wrong, "circle", "right")), len(find(wrong, "path", "wrong"))) == (0, 2)
        assert "passed at 0 of them" in wrong.get("aria-label")


class TestShapes:
    def test_two_sizes_are_a_grid_whose_dots_tell_equal_from_different(self):
        root = read(shapes_picture([{"n": 1, "m": 1}, {"n": 1, "m": 2}, {"n": 7, "m": 2}]))

        assert len(find(root, "circle", "differ")) == 2
        assert len(find(root, "circle", "equal")) == 1
        assert "3 shapes tried: n from 1 to 7, m from 1 to 2; in 2 of them all sizes differ" in root.get(
            "aria-label"
        )
        assert inside(root)

    @pytest.mark.parametrize("names", [["n"], ["n", "m", "k"], list("abcdefgh")])
    def test_other_numbers_of_sizes_are_bars(self, names):
        shapes = [{name: i + j for j, name in enumerate(names)} for i in range(1, 30)]

        root = read(shapes_picture(shapes))

        assert len(find(root, "rect")) == len(shapes) * len(names)

    @pytest.mark.parametrize("shapes", [[], [{}], [{"n": 3}], [{}, {}]])
    def test_where_no_size_varies_there_is_no_picture(self, shapes):
        assert shapes_picture(shapes) == ""

    def test_many_shapes_and_large_sizes_and_long_names_stay_small(self):
        shapes = [{"a_very_long_name<b>": i, "m": 10**9 + i} for i in range(1000)]

        markup = str(shapes_picture(shapes))

        assert len(markup) < 20_000
        assert "<b>" not in markup
        assert inside(read(markup))


class TestHeat:
    def pictures(self, candidate, truth, index=None):
        records = [None if a is None else encode(np.asarray(a, dtype=float)) for a in (candidate, truth)]
        return {name: (read(p), note) for name, p, note in heat_pictures(*records, index)}

    def test_three_pictures_on_one_scale(self):
        found = self.pictures([[2.0, -1.0]], [[4.0, -1.0]], [0, 0])

        assert list(found) == ["hand-written", "right", "difference"]
        strengths = {
            name: [float(r.get("fill-opacity")) for r in find(root, "rect") if r.get("fill-opacity")]
            for name, (root, _) in found.items()
        }
        assert strengths == {"hand-written": [0.25, 0.12], "right": [0.5, 0.12], "difference": [0.25, 0.0]}
        assert [t.text for t in find(found["difference"][0], "text")] == ["-2", "0"]

    def test_signs_have_their_own_colours(self):
        root, _ = self.pictures([[2.0, -1.0, 0.0]], None)["hand-written"]

        assert [r.get("class") for r in find(root, "rect")] == ["plus", "minus", "plus"]

    def test_different_shapes_have_no_difference(self):
        assert list(self.pictures([[1.0, 2.0]], [[1.0], [2.0]])) == ["hand-written", "right"]

    def test_the_worst_entry_is_framed_in_any_number_of_axes(self):
        for shape in [(), (3,), (2, 3), (2, 3, 4)]:
            index = [n - 1 for n in shape]
            root, _ = self.pictures(np.ones(shape), np.zeros(shape), index)["right"]
            assert len(find(root, "rect", "marked")) == 1

    def test_a_large_array_shows_the_rows_around_the_entry(self):
        root, note = self.pictures(np.ones((100, 100)), None, [50, 99])["hand-written"]

        assert note == "rows 38 to 61, columns 76 to 99"
        assert len(find(root, "rect", "marked")) == 1
        assert not find(root, "text")

    @pytest.mark.parametrize("index", [None, [5, 5], [0], [-1, 0]])
    def test_an_index_that_does_not_fit_marks_nothing(self, index):
        root, _ = self.pictures(np.ones((2, 2)), None, index)["hand-written"]

        assert not find(root, "rect", "marked")

    @pytest.mark.parametrize("candidate", [None, np.zeros((0, 3))])
    def test_nothing_to_draw(self, candidate):
        assert self.pictures(candidate, None) == {}

    def test_numbers_that_are_none_are_marked_as_such(self):
        root, _ = self.pictures([np.nan, np.inf, 1e308], [1.0, 1.0, -1e308])["difference"]

        assert len(find(root, "rect", "odd")) == 3
        assert [t.text for t in find(root, "text")] == ["nan", "inf", "inf"]


@pytest.mark.parametrize(("typical", "lost"), [(0.0, 0.0), (3.0, 7.5), (40.0, 99.0)])
def test_digits_stay_on_their_scale(typical, lost):
    root = read(
        digits_picture(Precision(dtype="float32", points=3, typical=typical, lost=lost, sizes={"n": 1}))
    )

    end = float(find(root, "path", "worst")[0].get("d")[1:].split()[0])
    assert 8 <= end <= 232
    assert f"{lost:g} at the worst" in root.get("aria-label")
