"""What the adapters share: a framework that is missing, arguments in their places, the same function."""

import importlib
import warnings

import numpy as np
import pytest

import gradcheck
from gradcheck import adapters
from gradcheck.adapters.frameworks import place_fixed, places_of
from gradcheck.adapters.layer_objects.contents import Snapshot
from gradcheck.adapters.same_function import check_same_function
from gradcheck.errors import CandidateFault


@pytest.mark.parametrize(
    ("adapter", "module", "extra"),
    [
        ("torch_function", "torch", "torch"),
        ("jax_custom_vjp", "jax", "jax"),
        ("autograd_primitive", "autograd.core", "autograd"),
    ],
)
def test_a_missing_framework_is_named_with_the_line_that_installs_it(monkeypatch, adapter, module, extra):
    """Whatever was handed over."""
    from gradcheck.adapters import frameworks

    really = importlib.import_module

    def refuse(name, *args):
        if name == module:
            raise ModuleNotFoundError(f"No module named {name!r}")
        return really(name, *args)

    monkeypatch.setattr(frameworks.importlib, "import_module", refuse)
    with pytest.raises(gradcheck.UsageError, match=rf"pip install 'gradcheck\[{extra}\]'"):
        getattr(adapters, adapter)(lambda x: x)


def test_fixed_arguments_take_their_places():
    """By position or name; a gap, a stranger and a double are refused."""
    assert place_fixed(["x", "y"], {1: "a", 3: "b"}) == ["x", "a", "y", "b"]
    assert place_fixed(["x"], {}) == ["x"]
    assert places_of({"y": 1, 0: 2}, ["x", "y"], "who") == [1, 0]
    with pytest.raises(gradcheck.UsageError, match="leaves a gap"):
        place_fixed(["x"], {5: "a"})
    with pytest.raises(gradcheck.UsageError, match="there is no argument 'z'; there are x, y"):
        places_of({"z": 1}, ["x", "y"], "who")
    with pytest.raises(gradcheck.UsageError, match="positions only"):
        places_of({"z": 1}, None, "who")
    with pytest.raises(gradcheck.UsageError, match="named twice"):
        places_of(["y", 1], ["x", "y"], "who")


def test_the_same_function_is_told_from_another_by_rounding():
    """Float64, float32 with a warning, and neither."""
    forward = lambda x: np.tanh(3 * x) / 7
    x = np.array([0.3, -1.2, 2.5])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_same_function([np.tanh(x * 3) * (1 / 7)], forward, [x], "theirs")
    single = forward(x.astype(np.float32)).astype(float)
    with pytest.warns(UserWarning, match="theirs computes its forward in float32"):
        check_same_function([single], forward, [x], "theirs")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_same_function([single], forward, [x], "theirs", in_float32=True)
    with pytest.raises(CandidateFault, match=r"not the same function: output 0 is .* at \[2\]"):
        check_same_function([forward(x) * np.array([1, 1, 1.001])], forward, [x], "theirs")
    with pytest.raises(
        CandidateFault, match=r"outputs of the shapes \(3,\), \(3,\), the NumPy forward \(3,\)"
    ):
        check_same_function([x, x], forward, [x], "theirs")


def test_where_the_forward_does_not_run_in_balls_only_shapes_are_compared():
    """Nothing is certain there, so nothing is refused; a wrong shape is."""
    x = np.array([3.0, 1.0, 2.0])
    check_same_function([np.cov(x) * x * 1.5], lambda x: np.cov(x) * x, [x], "theirs")
    with pytest.raises(CandidateFault, match="outputs of the shapes"):
        check_same_function([x[:2]], lambda x: np.cov(x) * x, [x], "theirs")


def test_a_snapshot_sees_arrays_wherever_they_are():
    """In containers and objects, through cycles; other things are not followed."""

    class Slotted:
        __slots__ = ("a",)

    held = Slotted()
    held.a = np.zeros(2)
    value = {"list": [np.ones(1), (held,)], "number": 3, "function": np.tanh, "class": Slotted}
    value["itself"] = value
    before = Snapshot(value, "cache")
    assert before.changed(value) is None
    assert before.used_up(value) is None
    held.a[0] = 1
    assert before.changed(value) == "cache['list'][1][0].a"
    value["list"].pop()
    assert before.used_up(value) == "cache['list'][1][0].a"


def test_names_are_found_late_and_strangers_refused():
    """Nothing but these."""
    assert set(dir(adapters)) == {
        "Recorder",
        "autograd_primitive",
        "elementwise",
        "jax_custom_jvp",
        "jax_custom_vjp",
        "layer",
        "loss",
        "torch_function",
        "value_and_grad",
        "with_cache",
    }
    with pytest.raises(AttributeError, match="no attribute 'tensorflow'"):
        adapters.tensorflow  # noqa: B018


def test_arguments_too_large_for_balls_are_compared_by_shape():
    """As gradcheck itself does with such points; a small one of the same functions is compared."""
    large, small = np.ones(2**16 + 1), np.ones(3)
    other = lambda x: 2 * x
    check_same_function([3 * large], other, [large], "theirs")
    with pytest.raises(CandidateFault, match="not the same function"):
        check_same_function([3 * small], other, [small], "theirs")
