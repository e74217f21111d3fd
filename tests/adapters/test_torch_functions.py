"""`torch.autograd.Function` as a candidate: right ones, wrong twins, and what PyTorch itself lets pass.

PyTorch is large; where it is not installed these tests are skipped, and `nox -s frameworks` runs them.
"""

import numpy as np
import pytest

import gradcheck
from gradcheck.adapters import torch_function

torch = pytest.importorskip("torch", reason="PyTorch is not installed; nox -s frameworks runs these tests")

SHAPES = {"x": "batch n", "W": "n m", "b": "m"}


def in_numpy(x, W, b):
    return np.tanh(x @ W + b)


class Affine(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, W, b):
        y = torch.tanh(x @ W + b)
        ctx.save_for_backward(x, W, y)
        return y

    @staticmethod
    def backward(ctx, delta):
        x, W, y = ctx.saved_tensors
        delta = delta * (1 - y**2)
        return delta @ W.T, x.T @ delta, delta.sum(0)


def twin(change):
    """`Affine` with its three gradients put through ``change``."""

    class Wrong(Affine):
        @staticmethod
        def backward(ctx, delta):
            return change(ctx, *Affine.backward(ctx, delta))

    return Wrong


TWINS = {
    "transposed": (lambda ctx, dx, dW, db: (dx, dW.T, db), "dJ/dW"),
    "missing factor": (lambda ctx, dx, dW, db: (dx, dW * 1.001, db), "dJ/dW"),
    "missing sum": (lambda ctx, dx, dW, db: (dx, dW, db.expand(dx.shape[0], -1)), "dJ/db: expected an array"),
    "none": (lambda ctx, dx, dW, db: (None, dW, db), "dJ/dx"),
    "float32 on the way": (lambda ctx, dx, dW, db: (dx, dW.float().double(), db), "dJ/dW"),
}


@pytest.mark.parametrize("forward", [in_numpy, None], ids=["NumPy's forward", "its own forward"])
def test_a_right_function_passes(checked, forward):
    """Judged in float64, as the notes say; with a NumPy forward every backend has an opinion."""
    result = checked(torch_function(Affine, forward), **SHAPES)
    assert result.verdict == "pass"
    assert result.strength == "agreed"
    assert any("PyTorch runs in floating point only" in note for note in result.row.notes)
    answered = [row.backend for row in result.backends if row.agreed]
    assert answered == (["symbolic", "finite_difference", "autodiff"] if forward else ["finite_difference"])


@pytest.mark.parametrize("forward", [in_numpy, None], ids=["NumPy's forward", "its own forward"])
@pytest.mark.parametrize("name", TWINS)
def test_wrong_twins_fail(checked, name, forward):
    """PyTorch's own checker passes a factor of 1.001, and its engine sums what was not summed."""
    change, words = TWINS[name]
    result = checked(torch_function(twin(change), forward), **SHAPES)
    assert result.verdict == "fail"
    assert words in str(result)


def test_the_wrong_number_of_gradients_is_an_error(checked):
    """Trailing Nones are PyTorch's custom and fine."""
    result = checked(torch_function(twin(lambda ctx, dx, dW, db: (dx, dW)), in_numpy), **SHAPES)
    assert result.verdict == "error"
    assert "returns 2 gradients for 3 inputs" in str(result)
    trailing = twin(lambda ctx, dx, dW, db: (dx, dW, db, None, None))
    assert checked(torch_function(trailing, in_numpy), **SHAPES).verdict == "pass"


def test_needs_input_grad_is_tried_one_by_one(checked):
    """A gradient that depends on what else requires one; the twin asks about its own input."""
    other = twin(lambda ctx, dx, dW, db: (dx, dW if ctx.needs_input_grad[0] else None, db))
    own = twin(lambda ctx, dx, dW, db: (dx, dW if ctx.needs_input_grad[1] else None, db))
    result = checked(torch_function(other, in_numpy), **SHAPES)
    assert result.verdict == "fail"
    assert "gives no gradient for W where only that requires one: look at needs_input_grad" in str(result)
    assert checked(torch_function(own, in_numpy), **SHAPES).verdict == "pass"


def test_needs_input_grad_with_other_values_is_noted_and_can_be_checked_apart(checked):
    """A note where all together are right; a failure where the others are left out."""
    odd = twin(lambda ctx, dx, dW, db: (dx, dW if ctx.needs_input_grad[0] else 2 * dW, db))
    result = checked(torch_function(odd, in_numpy), **SHAPES)
    assert any("another gradient for W where only that requires one" in note for note in result.row.notes)
    apart = checked(torch_function(odd, in_numpy, unchecked=("x", "b")), **SHAPES)
    assert apart.verdict == "fail"
    assert "dJ/dW" in str(apart)


def test_unchecked_inputs_are_listed(checked):
    """They require no gradient."""
    pair = torch_function(twin(lambda ctx, dx, dW, db: (None, dW, db)), in_numpy, unchecked=[0])
    result = checked(pair, **SHAPES)
    assert result.verdict == "pass"
    assert result.row.unchecked == ["dJ/dx"]


class Scaled(torch.autograd.Function):
    """Not only tensors, integers among them, two outputs and one that has no derivative; setup_context."""

    @staticmethod
    def forward(x, power, labels, mode):
        assert mode == "rows"
        y = x**power
        return y, x[labels], labels + 1

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.power, labels, _ = inputs
        ctx.save_for_backward(x, labels)
        ctx.mark_non_differentiable(output[2])

    @staticmethod
    def backward(ctx, dy, drows, _):
        x, labels = ctx.saved_tensors
        dx = dy * ctx.power * x ** (ctx.power - 1)
        return dx.index_add(0, labels, drows), None, None, None


class Overwritten(Scaled):
    @staticmethod
    def backward(ctx, dy, drows, _):
        x, labels = ctx.saved_tensors
        dx = dy * ctx.power * x ** (ctx.power - 1)
        dx[labels] = dx[labels] + drows  # the last of equal labels wins
        return dx, None, None, None


def test_settings_integers_and_several_outputs(checked):
    """By position or name; the NumPy forward has the differentiable outputs only."""
    values = {"labels": lambda shape, rng: rng.integers(0, 2, shape)}
    forward = lambda x, labels: (x**3, x[labels])
    shapes = {"x": "2 m", "labels": "k"}
    for fixed in ({1: 3, 3: "rows"}, {"power": 3, "mode": "rows"}):
        right = checked(torch_function(Scaled, forward, fixed=fixed), values, **shapes)
        assert right.verdict == "pass", str(right)
    own = checked(torch_function(Scaled, fixed=fixed), values, **shapes)
    assert own.verdict == "pass", str(own)
    wrong = checked(torch_function(Overwritten, forward, fixed=fixed), values, **shapes)
    assert wrong.verdict == "fail"


class InPlace(torch.autograd.Function):
    """Declared to work in place."""

    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2)

    @staticmethod
    def backward(ctx, delta):
        return delta * 2


class Spoils(torch.autograd.Function):
    """Works in place and does not say so."""

    @staticmethod
    def forward(ctx, x):
        x.mul_(2)
        return x + 0

    @staticmethod
    def backward(ctx, delta):
        return delta * 2


class SpoilsDelta(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, delta):
        return delta.mul_(2)


def test_work_in_place_is_fine_where_it_is_declared(checked):
    """Else it is an error, and so is a delta that is changed."""
    twice = lambda x: 2 * x
    assert checked(torch_function(InPlace, twice), x="n").verdict == "pass"
    assert checked(torch_function(InPlace), x="n").verdict == "pass"
    spoils = checked(torch_function(Spoils, twice), x="n")
    assert spoils.verdict == "error"
    assert "changes its input x in place without mark_dirty" in str(spoils)
    delta = checked(torch_function(SpoilsDelta, twice), x="n")
    assert delta.verdict == "error"
    assert "changes delta in place" in str(delta)


def test_another_function_than_numpys_is_an_error(checked):
    """Its gradient would be called wrong otherwise."""
    result = checked(torch_function(Affine, lambda x, W, b: np.tanh(x @ W - b)), **SHAPES)
    assert result.verdict == "error"
    assert "are not the same function" in str(result)
    shapes = checked(torch_function(Affine, lambda x, W, b: np.tanh(x @ W + b).sum(axis=0)), **SHAPES)
    assert shapes.verdict == "error"
    assert "outputs of the shapes" in str(shapes)


class Single(torch.autograd.Function):
    """A kernel that takes nothing but float32."""

    @staticmethod
    def forward(ctx, x, W):
        if x.dtype != torch.float32:
            raise TypeError("expected float32")
        y = torch.tanh(x @ W)
        ctx.save_for_backward(x, W, y)
        return y

    @staticmethod
    def backward(ctx, delta):
        x, W, y = ctx.saved_tensors
        delta = delta * (1 - y**2)
        return delta @ W.T, x.T @ delta


class SingleWrong(Single):
    @staticmethod
    def backward(ctx, delta):
        dx, dW = Single.backward(ctx, delta)
        return dx, dW * 1.001


def test_a_kernel_in_float32_is_judged_within_its_rounding(checked):
    """It passes, a factor of 1.001 does not; in float64 it raises."""
    forward = lambda x, W: np.tanh(x @ W)
    shapes = {"x": "batch n", "W": "n m"}
    for given in (forward, None):
        assert checked(torch_function(Single, given, dtype="float32"), **shapes).verdict == "pass"
        assert checked(torch_function(SingleWrong, given, dtype="float32"), **shapes).verdict == "fail"
    assert "expected float32" in str(checked(torch_function(Single, forward), **shapes))


class Relu(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, delta):
        (x,) = ctx.saved_tensors
        return delta * (x >= 0)


def test_at_kinks_no_convention_is_accused(checked):
    """One at zero, where NumPy code mostly has zero; with its own forward there is no answer there."""
    zeros = {"x": lambda shape, rng: rng.integers(-2, 3, shape).astype(float)}
    for forward in (lambda x: np.maximum(x, 0), None):
        result = checked(torch_function(Relu, forward), zeros, x="n")
        assert result.verdict == "pass", str(result)


def test_the_users_process_is_left_alone(checked):
    """Grad mode and default dtype, inside `no_grad` too; no warnings of read-only arrays."""
    with torch.no_grad():
        result = checked(torch_function(Affine, in_numpy), **SHAPES)
        assert result.verdict == "pass"
        assert not torch.is_grad_enabled()
    assert torch.get_default_dtype() == torch.float32
    assert not any("writable" in note for note in result.row.notes)


def test_reports_show_the_users_lines(checked):
    """The backward that was written, and a line with the class."""
    result = checked(torch_function(Affine, in_numpy), **SHAPES)
    assert "x, W, y = ctx.saved_tensors" in result.row.candidate.text
    assert result.reproduce.startswith("gradcheck.verify(*gradcheck.adapters.torch_function(Affine")
    own = checked(torch_function(Affine), **SHAPES)
    assert own.row.formula == "Affine"
    assert "ctx.save_for_backward(x, W, y)" in own.row.forward.text


@pytest.mark.parametrize(
    ("given", "how", "words"),
    [
        (Affine.apply, {}, "give the class itself, not its apply"),
        (int, {}, "expected a subclass of torch.autograd.Function, got int"),
        (Affine, {"fixed": {"z": 1}}, "there is no argument 'z'; there are x, W, b"),
        (Affine, {"unchecked": ("x", 0)}, "named twice"),
        (Affine, {"unchecked": (-1,)}, "there is no argument -1"),
        (Affine, {"dtype": "float16"}, "expected dtype 'float64' or 'float32'"),
    ],
)
def test_misuse_is_refused(given, how, words):
    """Before anything runs."""
    with pytest.raises(gradcheck.UsageError, match=words):
        torch_function(given, **how)


class Flat(torch.autograd.Function):
    """Reads delta as if it lay in one piece."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.sin(x)

    @staticmethod
    def backward(ctx, delta):
        (x,) = ctx.saved_tensors
        closed = torch.empty(x.shape).stride()
        enough = delta.untyped_storage().nbytes() >= 8 * x.numel()
        return torch.as_strided(delta, x.shape, closed if enough else (0,) * x.dim()) * torch.cos(x)


class Laid(Flat):
    """Its right twin takes delta as it lies."""

    @staticmethod
    def backward(ctx, delta):
        (x,) = ctx.saved_tensors
        return delta.contiguous() * torch.cos(x)


@pytest.mark.parametrize(("function", "verdict"), [(Laid, "pass"), (Flat, "fail")])
def test_deltas_and_inputs_lie_in_other_layouts_too(function, verdict):
    """As `sum` and `transpose` of the layers behind it hand them back."""
    result = gradcheck.verify(*torch_function(function, forward=np.sin), {"x": "n m"}, max_examples=12)
    assert result.verdict == verdict
    assert (verdict == "pass") or "for a" in result.reason
