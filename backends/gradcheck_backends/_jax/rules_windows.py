"""JAX's convolution in ball arithmetic: windows of the padded input, and one product of matrices.

What JAX makes of `np.convolve` and `np.correlate`, with dilations and groups, since their derivatives have
them. The meaning is that of `jax.lax.conv_general_dilated`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from gradcheck.arithmetic import Domain
from gradcheck_backends._jax.rules import as_array, rule
from gradcheck_backends._jax.rules_structure import padded

__all__: list[str] = []


@rule("conv_general_dilated")
def _convolution(domain: Domain, params: Any, left: Any, right: Any) -> Any:
    numbers = params["dimension_numbers"]
    images = np.transpose(left, numbers.lhs_spec)  # batch, channels, space
    kernels = np.transpose(right, numbers.rhs_spec)  # channels out, channels in, space
    by_channel, by_batch = params["feature_group_count"], params["batch_group_count"]
    sides = zip(params["padding"], params["lhs_dilation"], strict=True)
    config = [(0, 0, 0), (0, 0, 0), *((low, high, gap - 1) for (low, high), gap in sides)]
    images = padded(images, np.asarray(domain.lift(0), dtype=object), config)
    windows = _windows(images, kernels.shape[2:], params["rhs_dilation"], params["window_strides"])
    groups = max(by_channel, by_batch)
    parts = np.split(windows, groups, axis=1 if by_channel > 1 else 0)
    weights = np.split(kernels, groups, axis=0)
    product = [_product(domain, p, w) for p, w in zip(parts, weights, strict=True)]
    result = np.concatenate(product, axis=1)
    return np.transpose(result, np.argsort(numbers.out_spec))


def _windows(images: Any, sizes: Any, gaps: Any, strides: Any) -> Any:
    """The windows of each image: batch, channels, places, and the axes within a window."""
    axes = tuple(range(2, images.ndim))
    whole = tuple((size - 1) * gap + 1 for size, gap in zip(sizes, gaps, strict=True))
    if any(images.shape[axis] < size for axis, size in zip(axes, whole, strict=True)):
        return np.empty((*images.shape[:2], *(0 for _ in axes), *sizes), dtype=object)
    found = sliding_window_view(images, whole, axis=axes)
    places = tuple(slice(None, None, step) for step in strides)
    inside = tuple(slice(None, None, gap) for gap in gaps)
    return found[(slice(None), slice(None), *places, *inside)]


def _product(domain: Domain, windows: Any, kernels: Any) -> Any:
    """batch, channels, places, within times out, channels, within: batch, out, places."""
    space = kernels.ndim - 2
    places = windows.shape[2 : 2 + space]
    inside = int(np.prod(kernels.shape[1:]))
    rows = np.moveaxis(windows, 1, 1 + space).reshape(windows.shape[0] * int(np.prod(places)), inside)
    columns = kernels.reshape(len(kernels), inside).T
    found = as_array(domain.matmul(rows, columns))
    return np.moveaxis(found.reshape(windows.shape[0], *places, len(kernels)), -1, 1)
