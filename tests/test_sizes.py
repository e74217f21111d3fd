"""Which sizes are tried."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.judging.points.sizes import distinct, plan, smallest_first


def everything(_):
    return True


@pytest.mark.parametrize("names", [("n",), ("n", "m"), ("n", "m", "k"), ("a", "b", "c", "d")])
def test_the_plan_has_every_wish(names):
    """Distinct, all 1, each alone 1, each pair equal, each large, even, odd: none is missing."""
    sizes, missing = plan(names, everything)
    assert missing == []
    assert any(distinct(s) for s in sizes)
    assert dict.fromkeys(names, 1) in sizes
    for name in names:
        assert any(s[name] == 1 and all(v > 1 for o, v in s.items() if o != name) for s in sizes)
        assert any(s[name] >= 9 and s[name] % 8 for s in sizes)
        for other in names:
            if other != name:
                assert any(s[name] == s[other] > 1 for s in sizes)
    assert any(all(v % 2 == 0 for v in s.values()) for s in sizes)
    assert any(all(v % 2 for v in s.values()) for s in sizes)
    assert len({tuple(s.items()) for s in sizes}) == len(sizes)


def test_both_orders_of_two_sizes_occur():
    """A transposed gradient that only raises for n < m is met as well as one for n > m."""
    sizes, _ = plan(("n", "m"), everything)
    assert any(s["n"] < s["m"] for s in sizes)
    assert any(s["n"] > s["m"] for s in sizes)


def test_what_a_relation_forbids_is_replaced_by_another_shape_of_the_same_kind():
    """With k <= n there are still distinct, equal, large and single sizes."""
    sizes, missing = plan(("n", "k"), lambda s: s["k"] <= s["n"])
    assert all(s["k"] <= s["n"] for s in sizes)
    assert any(distinct(s) for s in sizes)
    assert any(s["k"] >= 9 for s in sizes)
    assert missing == ["n = 1 beside larger sizes"]  # n = 1 with k > 1 cannot be


def test_what_cannot_be_had_is_noted():
    """A declaration of equal sizes has no shape with distinct ones."""
    sizes, missing = plan(("n", "m"), lambda s: s["n"] == s["m"])
    assert all(s["n"] == s["m"] for s in sizes)
    assert missing == ["all sizes distinct", "n = 1 beside larger sizes", "m = 1 beside larger sizes"]


def test_nothing_allowed_gives_an_empty_plan():
    """The caller then refuses the declaration."""
    assert plan(("n",), lambda s: False)[0] == []


def test_no_names_are_one_shape():
    """A formula of scalars has one shape, the empty one."""
    assert plan((), everything) == ([{}], [])


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"n": 2, "m": 3}, True),
        ({"n": 3, "m": 3}, False),
        ({"n": 1, "m": 3}, False),
        ({"n": 1}, False),
        ({}, True),
    ],
)
def test_distinct_means_all_different_and_none_one(sizes, expected):
    """An axis of length 1 can be taken for a broadcast one."""
    assert distinct(sizes) is expected


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
def test_smallest_first_is_exhaustive_and_sorted(n, m, k):
    """Every tuple up to the limit's total, by total."""
    limit = {"n": n, "m": m, "k": k}
    found = list(smallest_first(("n", "m", "k"), everything, limit))
    totals = [sum(s.values()) for s in found]
    assert totals == sorted(totals)
    top = n + m + k
    expected = {
        (a, b, c) for a in range(1, top) for b in range(1, top) for c in range(1, top) if a + b + c <= top
    }
    assert {tuple(s.values()) for s in found} == expected
    assert len(found) == len(expected)


def test_smallest_first_keeps_to_the_relation():
    """Shapes that are not allowed are passed over."""
    found = list(smallest_first(("n", "k"), lambda s: s["k"] < s["n"], {"n": 3, "k": 2}))
    assert found == [{"n": 2, "k": 1}, {"n": 3, "k": 1}, {"n": 3, "k": 2}, {"n": 4, "k": 1}]
