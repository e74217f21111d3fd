"""Layers of images and signals: convolutions, pooling, padding, up-sampling."""

import numpy as np

from tests.zoo.entry import Entry


def im2col(x, k, stride=1):
    """Windows of a batch of one-channel images as rows."""
    N, H, W = x.shape
    oh, ow = (H - k) // stride + 1, (W - k) // stride + 1
    col = np.zeros((N, oh, ow, k, k))
    for i in range(k):
        for j in range(k):
            col[:, :, :, i, j] = x[:, i : i + stride * oh : stride, j : j + stride * ow : stride]
    return col.reshape(N * oh * ow, -1)


def col2im(col, shape, k, stride=1):
    N, H, W = shape
    oh, ow = (H - k) // stride + 1, (W - k) // stride + 1
    col = col.reshape(N, oh, ow, k, k)
    img = np.zeros((N, H, W))
    for i in range(k):
        for j in range(k):
            img[:, i : i + stride * oh : stride, j : j + stride * ow : stride] += col[:, :, :, i, j]
    return img


class Convolution:
    """By a matrix product of windows."""

    def __init__(self, W, b, stride=1):
        self.W, self.b, self.stride = W, b, stride

    def forward(self, x):
        self.x = x
        k = self.W.shape[-1]
        oh = (x.shape[1] - k) // self.stride + 1
        self.col = im2col(x, k, self.stride)
        out = self.col @ self.W.reshape(len(self.W), -1).T + self.b
        return out.reshape(x.shape[0], oh, -1, len(self.W)).transpose(0, 3, 1, 2)

    def backward(self, dout):
        rows = dout.transpose(0, 2, 3, 1).reshape(-1, len(self.W))
        self.db = rows.sum(axis=0)
        self.dW = (rows.T @ self.col).reshape(self.W.shape)
        return self.spread(rows @ self.W.reshape(len(self.W), -1))

    def spread(self, dcol):
        return col2im(dcol, self.x.shape, self.W.shape[-1], self.stride)


class ConvolutionLast(Convolution):
    """Windows write over each other, where they overlap."""

    def spread(self, dcol):
        k = self.W.shape[-1]
        N, H, W = self.x.shape
        oh, ow = H - k + 1, W - k + 1
        col = dcol.reshape(N, oh, ow, k, k)
        img = np.zeros(self.x.shape)
        for i in range(k):
            for j in range(k):
                img[:, i : i + oh, j : j + ow] = col[:, :, :, i, j]
        return img


class NaiveConvolution:
    """Four loops, helpers as methods, hard-coded float32."""

    def __init__(self, w):
        self.w = w

    def region(self, i, j):
        return slice(i, i + 2), slice(j, j + 2)

    def forward(self, image):
        h, w = image.shape
        self.image = image.astype(np.float32)
        out = np.zeros((h - 1, w - 1), dtype=np.float32)
        for i in range(h - 1):
            for j in range(w - 1):
                out[i, j] = np.sum(self.image[self.region(i, j)] * self.w)
        return out

    def backward(self, d):
        self.dw = np.zeros(self.w.shape, dtype=np.float32)
        dx = np.zeros(self.image.shape, dtype=np.float32)
        for i in range(d.shape[0]):
            for j in range(d.shape[1]):
                self.dw += d[i, j] * self.image[self.region(i, j)]
                dx[self.region(i, j)] += d[i, j] * self.w
        return dx


class NaiveConvolutionTurned(NaiveConvolution):
    def backward(self, d):
        dx = super().backward(d)
        self.dw = self.dw[::-1, ::-1]
        return dx


class Strided:
    """Windows as a strided view."""

    def __init__(self, w):
        self.w = w

    def forward(self, x):
        self.x = x
        self.win = np.lib.stride_tricks.sliding_window_view(x, 3)
        return self.win @ self.w

    def backward(self, d):
        self.dw = self.win.T @ d
        dx = np.zeros(len(self.x))
        for i in range(3):
            dx[i : i + len(d)] += d * self.w[i]
        return dx


class StridedShifted(Strided):
    def backward(self, d):
        dx = super().backward(d)
        return np.roll(dx, 1)


class MaxPool:
    """Overlapping windows; the wrong twin stores where it should add."""

    add = True

    def forward(self, x):
        self.x = x
        out = np.zeros(x.shape[0] - 1)
        for i in range(len(out)):
            out[i] = np.max(x[i : i + 2])
        return out

    def backward(self, d):
        dx = np.zeros_like(self.x)
        for i in range(len(d)):
            k = i + np.argmax(self.x[i : i + 2])
            if self.add:
                dx[k] += d[i]
            else:
                dx[k] = d[i]
        return dx


class MaxPoolLast(MaxPool):
    add = False


class TiledPool:
    """Disjoint windows by reshaping, the mask by comparison; equal maxima share the gradient."""

    def forward(self, x):
        N, H, W = x.shape
        self.tiles = x.reshape(N, H // 2, 2, W // 2, 2)
        self.out = self.tiles.max(axis=4).max(axis=2)
        return self.out

    def backward(self, d):
        mask = self.tiles == self.out[:, :, None, :, None]
        dx = mask * d[:, :, None, :, None] / mask.sum(axis=(2, 4), keepdims=True)
        return dx.reshape(d.shape[0], 2 * d.shape[1], 2 * d.shape[2])


class TiledPoolEach(TiledPool):
    """The whole gradient for each of several equal maxima."""

    def backward(self, d):
        dx = (self.tiles == self.out[:, :, None, :, None]) * d[:, :, None, :, None]
        return dx.reshape(d.shape[0], 2 * d.shape[1], 2 * d.shape[2])


class AveragePool:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(x.shape[0] // 2, 2, -1, 2).mean(axis=(1, 3))

    def backward(self, d):
        return np.repeat(np.repeat(d, 2, axis=0), 2, axis=1) / 4


class AveragePoolSum(AveragePool):
    def backward(self, d):
        return np.repeat(np.repeat(d, 2, axis=0), 2, axis=1)


class UpSampling:
    def __init__(self, size=(2, 2)):
        self.size = size

    def forward_pass(self, X, training=True):
        self.prev_shape = X.shape
        return X.repeat(self.size[0], axis=1).repeat(self.size[1], axis=2)

    def backward_pass(self, accum_grad):
        n, h, w = self.prev_shape
        return accum_grad.reshape(n, h, self.size[0], w, self.size[1]).sum(axis=(2, 4))


class UpSamplingOne(UpSampling):
    def backward_pass(self, accum_grad):
        return accum_grad[:, :: self.size[0], :: self.size[1]]


class Padding:
    def forward(self, x):
        return np.pad(x, ((0, 0), (1, 2)))

    def backward(self, d):
        return d[:, 1:-2]


class PaddingOff(Padding):
    def backward(self, d):
        return d[:, 2:-1]


class Flatten:
    def forward(self, x):
        self.shape = x.shape
        return np.ravel(x).reshape(self.shape[0], -1)

    def backward(self, d):
        return d.reshape(self.shape)


class FlattenF(Flatten):
    def backward(self, d):
        return d.reshape(self.shape, order="F")


CONV = {"x": "n h+1 w+1", "W": "2 2 2", "b": "2"}
PASSES = {"forward": "forward_pass", "backward": "backward_pass"}
ENTRIES = [
    Entry(
        "convolution by im2col",
        Convolution,
        ConvolutionLast,
        CONV,
        "stores where it should add",
        {"parameters": ("W", "b")},
    ),
    Entry(
        "naive convolution in float32",
        NaiveConvolution,
        NaiveConvolutionTurned,
        {"image": "h+1 w+1", "w": "2 2"},
        "should not be reversed",
        {"parameters": ("w",)},
    ),
    Entry(
        "strided windows",
        Strided,
        StridedShifted,
        {"x": "n+2", "w": "3"},
        "off by a shift of one",
        {"parameters": ("w",)},
    ),
    Entry("max pooling, overlapping", MaxPool(), MaxPoolLast(), {"x": "n+1"}, "stores where it should add"),
    Entry(
        "max pooling in tiles",
        TiledPool(),
        TiledPoolEach(),
        {"x": "n 2*h 2*w"},
        "wrong only where the forward has a kink (a tie,",
    ),
    Entry("average pooling", AveragePool(), AveragePoolSum(), {"x": "2*h 2*w"}, "too large by the factor 4"),
    Entry("up-sampling", UpSampling(), UpSamplingOne(), {"X": "n h w"}, "only one of 4 entries", PASSES),
    Entry("padding", Padding(), PaddingOff(), {"x": "n m"}, "off by a shift of one along axis 1"),
    Entry("flatten", Flatten(), FlattenF(), {"x": "n c 2"}, "should stand in the order 'C'"),
]
