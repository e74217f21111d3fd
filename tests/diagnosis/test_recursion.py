"""Code that calls itself: a changed operation may keep it from its end."""

import numpy as np

import gradcheck
from gradcheck.diagnosis.tracing import run


def halves(x):
    if len(x) == 1:
        return x[0]
    h = len(x) // 2
    return np.tanh(halves(x[:h])) * halves(x[h:])


def halves_back(d, x):
    if len(x) == 1:
        return np.array([d])
    h = len(x) // 2
    a, b = halves(x[:h]), halves(x[h:])
    return np.concatenate([halves_back(d * b * (1 - np.tanh(a) ** 2), x[:h]), halves_back(d * a, x[h:])])


def test_runs_that_would_not_end_are_left(monkeypatch):
    """`x[h:]` changed to `x[0:]` never comes to one entry. The frames above all operations are counted."""
    frames = []

    def counted(site, name, key=run.Key):
        frames.append(len(site.frames))
        return key(site, name)

    monkeypatch.setattr(run, "Key", counted)
    result = gradcheck.verify(halves, halves_back, {"x": "n"})
    assert result.verdict == "fail"
    assert max(frames) <= run._DEEPEST + 1
    assert sum(frames) < 2_000_000
