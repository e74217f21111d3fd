"""Writes docs/torch-layers.md: backward passes of PyTorch's own layers on the CPU in low precision, judged.

python docs/generate_torch_layers.py [LAYER ...]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import torch
import torch.nn.functional as F

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import gradcheck  # noqa: E402
from gradcheck.catalogue.layers import formulas  # noqa: E402
from gradcheck.catalogue.layers.normalisation import EPS  # noqa: E402
from gradcheck.catalogue.layers.others import SLOTS  # noqa: E402
from gradcheck.catalogue.layers.probabilities import IGNORED, SMOOTHING  # noqa: E402
from gradcheck.errors import Unsupported  # noqa: E402
from gradcheck.formulas.calling.foreign import float_only  # noqa: E402

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}

Call = Callable[..., Any]


def cross_entropy(X: Any, labels: Any) -> Any:
    options = {"ignore_index": IGNORED, "label_smoothing": SMOOTHING}
    return F.cross_entropy(X, labels, reduction="sum", **options) / max(int((labels != IGNORED).sum()), 1)


def group_norm(X: Any, gamma: Any, beta: Any) -> Any:
    images, groups, channels, size = X.shape
    flat = X.reshape(images, groups * channels, size)
    return F.group_norm(flat, groups, gamma.reshape(-1), beta.reshape(-1), EPS).reshape(X.shape)


def scatter_add(x: Any, to: Any) -> Any:
    return torch.zeros(SLOTS, x.shape[1], dtype=x.dtype).index_add(0, to, x)


CALLS: dict[str, tuple[str, Call]] = {
    "dense": ("F.linear", lambda X, W, b: F.linear(X, W.T, b)),
    "embedding": ("F.embedding", lambda E, ids: F.embedding(ids, E)),
    "conv1d": ("F.conv1d", F.conv1d),
    "conv2d": ("F.conv2d", lambda x, K: F.conv2d(x, K, stride=2, padding=1)),
    "average_pool": ("F.avg_pool2d", lambda x: F.avg_pool2d(x, 2)),
    "max_pool": ("F.max_pool2d", lambda x: F.max_pool2d(x, 2)),
    "batch_norm": (
        "F.batch_norm",
        lambda X, g, b: F.batch_norm(X, None, None, g, b, training=True, eps=EPS),
    ),
    "layer_norm": ("F.layer_norm", lambda X, g, b: F.layer_norm(X, X.shape[1:], g, b, EPS)),
    "group_norm": ("F.group_norm", group_norm),
    "rms_norm": ("F.rms_norm", lambda X, g: F.rms_norm(X, X.shape[1:], g, EPS)),
    "softmax": ("F.softmax", lambda X: F.softmax(X, -1)),
    "log_softmax": ("F.log_softmax", lambda X, tau: F.log_softmax(X / tau, -1)),
    "cross_entropy": ("F.cross_entropy", cross_entropy),
    "huber": ("F.huber_loss", F.huber_loss),
    "gelu": ("F.gelu", F.gelu),
    "gelu_tanh": ("F.gelu, tanh", lambda x: F.gelu(x, approximate="tanh")),
    "silu": ("F.silu", F.silu),
    "swiglu": ("F.silu(X @ W) * (X @ V)", lambda X, W, V: F.silu(X @ W) * (X @ V)),
    "attention": ("F.scaled_dot_product_attention", F.scaled_dot_product_attention),
    "causal_attention": (
        "F.scaled_dot_product_attention, causal",
        lambda Q, K, V: F.scaled_dot_product_attention(Q, K, V, is_causal=True),
    ),
    "gather": ("Tensor.gather", lambda X, at: X.gather(1, at[:, None])[:, 0]),
    "scatter_add": ("Tensor.index_add", scatter_add),
    "cosine_similarity": ("F.cosine_similarity", lambda x, y: F.cosine_similarity(x, y, dim=1)),
}
"""By the layer of the catalogue: what is called, and how."""

POINTS = 16

HEAD = """# PyTorch's own layers in low precision

The backward passes that PyTorch {torch} runs on the CPU for {count} layers, judged by gradcheck in float32,
float16 and bfloat16, as kernels of which nothing but their numbers is seen. The truth is that of the layers
of `gradcheck.catalogue.layers` at the very numbers that PyTorch gets, at sizes up to 4,099. A cell has the
strictest grade that is met (see [low precision](low-precision.md)) and the worst error in units in the last
place.
{summary}

`nox -s torch_layers` makes the page; it installs PyTorch. In which order PyTorch adds
depends on the processor and its threads, and so do the figures where sums are long.

| layer | PyTorch | float32 | float16 | bfloat16 |
|---|---|---|---|---|
"""


def tensor(value: Any, dtype: Any) -> Any:
    array = np.asarray(value)
    if array.dtype.kind in "iub":
        return torch.from_numpy(array.astype(np.int64))
    return torch.from_numpy(np.array(array, dtype=np.float32)).to(dtype)  # which holds those of all three


def array(value: Any, like: Any) -> Any:
    return value.detach().to(torch.float32).numpy().astype(like)


def backward_of(call: Call, dtype: Any) -> Call:
    """PyTorch's backward pass as one for gradcheck."""

    def backward(delta: Any, *args: Any) -> Any:
        inputs = [tensor(a, dtype) for a in args]
        floats = [i.requires_grad_() for i in inputs if i.is_floating_point()]
        try:
            output = call(*inputs)
            found = iter(torch.autograd.grad(output, floats, tensor(delta, dtype)))
        except (RuntimeError, ValueError) as error:  # no kernel, or a size that the layer refuses
            if any(words in str(error) for words in ("not implemented", "Expected more than 1 value")):
                raise Unsupported(str(error).splitlines()[0]) from None
            raise
        numpy = ml_dtypes.bfloat16 if dtype is torch.bfloat16 else str(dtype).removeprefix("torch.")
        return tuple(array(next(found), numpy) if i.is_floating_point() else None for i in inputs)

    return backward


def judged(name: str, dtype: str) -> gradcheck.Result:
    """One layer in one type."""
    (formula,) = (f for f in formulas() if f.name == name)
    backward = float_only(backward_of(CALLS[name][1], DTYPES[dtype]), "PyTorch")
    with np.errstate(all="ignore"):
        return gradcheck.verify(formula, backward, dtype=dtype, max_examples=POINTS, backends=["autodiff"])


def cell(result: gradcheck.Result) -> str:
    """What a reader should know of one result."""
    if result.verdict == "inconclusive":
        return "no kernel" if "not implemented" in str(result.reason) else "no answer"
    worst = max((u.worst for u in (result.ulp or {}).values()), default=0.0)
    if result.verdict != "pass":
        told = result.diagnosis[0].kind if result.diagnosis else "fails"
        return f"**fails** ({told}), {worst:.3g} ulp"
    grade = next((g.name for g in result.accuracy.grades if g.met), "none")
    return f"{grade}, {worst:.3g} ulp"


def rows(layers: list[str]) -> Iterator[tuple[str, list[gradcheck.Result]]]:
    for name in layers:
        results = [judged(name, dtype) for dtype in DTYPES]
        line = f"| {name} | `{CALLS[name][0]}` | {' | '.join(map(cell, results))} |"
        print(line, flush=True)
        for result in results:
            if result.verdict not in ("pass", "inconclusive"):
                print("   ", result.reason, [d.text for d in result.diagnosis], flush=True)
        yield line, results


def main() -> None:
    torch.set_num_threads(1)
    found = list(rows(sys.argv[1:] or list(CALLS)))
    every = [r for _, results in found for r in results]
    passed = sum(r.verdict == "pass" for r in every)
    silent = sum(r.verdict == "inconclusive" for r in every)
    summary = f"{passed} of {len(every)} pass, {len(every) - passed - silent} fail, {silent} give no answer."
    head = HEAD.format(torch=torch.__version__.partition("+")[0], count=len(found), summary=summary)
    text = head + "\n".join(line for line, _ in found) + "\n"
    told = [r for r in every if r.verdict not in ("pass", "inconclusive")]
    if told:
        text += "\n## What fails\n\n" + "\n".join(f"- {one}" for one in map(failure, told)) + "\n"
    (HERE / "torch-layers.md").write_text(text, encoding="utf-8")


def failure(result: gradcheck.Result) -> str:
    """A failure in a line."""
    told = "; ".join(dict.fromkeys(d.text for d in result.diagnosis)) or "no simple explanation"
    sizes = result.counterexample.sizes if result.counterexample else {}
    at = f" (at {', '.join(f'{n} = {s}' for n, s in sizes.items())})" if sizes else ""
    return f"`{result.row.formula}` in {result.row.accuracy.dtype}: {result.reason}{at}. {told}."


if __name__ == "__main__":
    main()
