"""Layer objects: `forward(x)` and `backward(dout)`, parameters and their gradients as attributes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcheck.adapters.layer_sources import LayerSource, Places
from gradcheck.adapters.presenting import present
from gradcheck.formulas.sequences import OF_LAYERS, Call, Played, UsedAgain

__all__ = ["layer"]

Pair = tuple[Callable[..., Any], Callable[..., Any]]


def layer(
    source: Any,
    /,
    *,
    parameters: Places = (),
    gradients: Places | None = None,
    forward: str = "forward",
    backward: str = "backward",
    accumulates: bool | None = None,
) -> Pair:
    """A pair for `verify` from a layer: an object with `y = forward(x)` and `dx = backward(dout)`.

        class Dense:
            def __init__(self, n, m):
                self.W, self.b = np.random.randn(n, m), np.zeros(m)

            def forward(self, x):
                self.x = x
                return x @ self.W + self.b

            def backward(self, dout):
                self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
                return dout @ self.W.T

        gradcheck.assert_correct(
            *gradcheck.layer(Dense(3, 2), parameters=("W", "b")),
            shapes={"x": "batch n", "W": "n m", "b": "m"},
        )

    The pair's arguments are those of the layer's forward, then its parameters, which are put into the
    layer before every call; so a layer is checked at all sizes, whatever its own parameters look like.

    - ``source`` is a layer, copied afresh (`copy.deepcopy`) for every call; or a class or a function that
      makes one, called with those of the arguments that its own parameters name: `class Affine` with
      `__init__(self, W, b)`, or `lambda W: Dense(*W.shape)` for a layer that remembers its sizes.
    - ``parameters`` say where the layer keeps them: `("W", "b")`, `("params['W1']", "query.W")`, or a
      dict from a name to a place.
    - ``gradients`` say, in the same order or by the same names, where it leaves the gradient of each:
      `("dW", "db")`, `("grads['W1']", ...)`. Left out, it is `dW` for `W`, or backward returns all
      gradients itself: `dx, dW, db`.
    - ``forward`` and ``backward`` are the names of the two methods.
    - ``accumulates`` demands (True) that the gradients of parameters pile up from call to call, or forbids
      it (False); left out, either is accepted, and said.

    Besides, one layer is used several times without a copy in between: two forwards before a backward,
    another batch in between, two backwards. It must answer as a fresh one does, and where it has a
    `zero_grad`, that must clear what has piled up.

    A gradient that the layer holds before backward is set to zero first, so a layer may add to it
    (`self.dW += ...`) or fill it in place. A layer whose forward takes several arrays returns a tuple of
    their gradients; a single array is the gradient of the first, and the others count as not checked.

    Raises `UsageError` where the source is no layer and makes none, or has no such parameter.
    """
    made_of = LayerSource(source, parameters, gradients, (forward, backward))
    # The methods as plain functions in the closures: ball arithmetic runs a copy of a function whose
    # np.zeros buffers it has to exchange, and this is where it finds them.
    call_forward, call_backward = made_of.method(forward), made_of.method(backward)

    def run_forward(*args: Any) -> Any:
        nonlocal call_forward, call_backward
        made = made_of.make(args)
        if not made_of.knows(made):
            call_forward, call_backward = made_of.method(forward), made_of.method(backward)
        return call_forward(made, *made_of.inputs(args))

    def run_backward(delta: Any, *args: Any) -> Any:
        inputs = made_of.inputs(args)
        made = made_of.make(args)
        call_forward(made, *inputs)
        return made_of.gradients(made, call_backward(made, delta), len(inputs))

    def play(program: Sequence[str], calls: Sequence[Call]) -> Played:
        made = made_of.make(calls[0].args)
        for step in program:
            call = calls[int(step[1:] or 0)]
            inputs = made_of.inputs(call.args)
            if step == "Z":
                yield step, made.zero_grad()
            elif step.startswith("F"):
                yield step, call_forward(made, *inputs)
            else:
                yield step, made_of.gradients(made, call_backward(made, call.delta), len(inputs))

    options = "".join(
        f", {word}={value!r}"
        for word, value in (
            ("parameters", parameters),
            ("gradients", gradients),
            ("accumulates", accumulates),
        )
        if value not in ((), None)
    )
    spelled = f"*gradcheck.layer({made_of.spelled}{options})"
    present(run_forward, made_of.shown(forward), made_of.arguments)
    present(run_backward, made_of.shown(backward), ("delta", *made_of.arguments), spelled)
    run_forward.__name__ = made_of.name
    run_backward.used_again = UsedAgain(  # type: ignore[attr-defined]
        "layer",
        play,
        OF_LAYERS if made_of.is_made_of_parameters else ("F0 B0 F0 B0", "F0 B0 B2"),
        len(made_of.parameters),
        accumulates,
        made_of.has("zero_grad"),
    )
    return run_forward, run_backward
