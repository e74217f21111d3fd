"""Layer objects: `forward(x)` and `backward(dout)`, parameters and their gradients as attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradcheck.adapters.layer_objects.calls import LayerCalls
from gradcheck.adapters.layer_objects.contents import hold_the_same
from gradcheck.adapters.layer_objects.parameters import Parameters, Places
from gradcheck.adapters.layer_objects.sources import Init, LayerSource
from gradcheck.adapters.presenting import present
from gradcheck.arithmetic.code.reaching import exchanged
from gradcheck.errors import UsageError
from gradcheck.formulas.calling.sequences import OF_LAYERS, Call, Played, UsedAgain

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
    inputs: str | None = None,
    output: str | None = None,
    input_gradients: str | Sequence[str] | None = None,
    forward_options: Mapping[str, Any] | None = None,
    init: Init | None = None,
    seed: int | None = None,
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
      `__init__(self, W, b)`, `lambda W: Dense(*W.shape)` for a layer that remembers its sizes, or
      `lambda x, W: Conv(x.shape[1:], len(W))`, where names that are no parameters are the inputs, in order.
    - ``parameters`` say where the layer keeps them: `("W", "b")`, `("params['W1']", "query.W")`, or a
      dict from a name to a place. A place that the layer's code makes later is made; where its first
      forward makes the parameters, they are put in after one.
    - ``gradients`` say, in the same order or by the same names, where it leaves the gradient of each:
      `("dW", "db")`, `("grads['W1']", ...)`. Left out, it is `dW` for `W` (or `grad_W`, `W_grad`,
      `grads['W']`), `grads[0]` for `params[0]`, `W.grad` for `W.data`, or what an optimiser in the layer
      was given (see `gradcheck.adapters.Recorder`); or backward returns all gradients itself: `dx, dW, db`.
    - ``forward`` and ``backward`` are the names of the two methods.
    - ``inputs="list"`` (or `"tuple"`) is for a forward that takes its inputs as one list.
    - ``output`` and ``input_gradients`` are the attributes where forward leaves its output and backward the
      gradient of the input (a tuple of places for several inputs), instead of returning them.
    - ``forward_options`` are keywords of forward, the same in every call: `{"training": True}`.
    - ``init`` makes a fresh layer ready before the parameters are put in: a function that is called with
      the layer and as many of the inputs as it takes, `lambda layer, x: layer.build(x.shape)`, or the name
      of a method that is called with as many of the inputs.
    - ``seed`` is given to `numpy.random.seed` before each call, so that a random mask is the same in all.
    - ``accumulates`` demands (True) that the gradients of parameters pile up from call to call, or forbids
      it (False); left out, either is accepted, and said.

    A forward with several outputs gets a gradient for each, `backward(dh, dc)`, or one tuple, where it takes
    one argument. A backward that writes into what it is given is judged on a copy, and a note says so.

    Besides, one layer is used several times without a copy in between: two forwards before a backward,
    another batch in between, two backwards. It must answer as a fresh one does, and where it has a
    `zero_grad`, that must clear what has piled up. One that keeps all its forwards in lists is told to
    forget them before another, by its `flush_gradients`.

    A gradient that the layer holds before backward is set to zero first, so a layer may add to it
    (`self.dW += ...`) or fill it in place. A layer whose forward takes several arrays returns a tuple of
    their gradients; a single array is the gradient of the first, and the others count as not checked.

    Raises `UsageError` where the source is no layer and makes none, has no such parameter, or where an option
    has no such form.
    """
    if accumulates not in (None, True, False):
        raise UsageError(f"layer: accumulates is {accumulates!r}; expected True, False or None.")
    calls = LayerCalls((forward, backward), forward_options, inputs, output, input_gradients, seed)
    kept = Parameters(parameters, gradients)
    made_of = LayerSource(source, kept, calls, init)
    options, count = calls.options, len(kept)
    # The methods as plain functions in the closures: ball arithmetic runs a copy of a function whose
    # np.zeros buffers it has to exchange, and this is where it finds them.
    call_forward, call_backward = made_of.method(forward), made_of.method(backward)

    def parted(args: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        """The inputs and the parameters."""
        if len(args) <= count:
            raise UsageError(
                f"layer: the forward takes the layer's input and then its parameters {', '.join(kept)}; "
                f"shapes has {len(args)} of these {count + 1} or more"
            )
        return args[: len(args) - count], args[len(args) - count :]

    def started(args: Sequence[Any]) -> tuple[Any, Any, Callable[..., Any]]:
        """A layer after its forward, the output, and its backward."""
        nonlocal call_forward, call_backward
        values, weights = parted(args)
        for _ in range(2):  # once more, where the first forward shows that it makes the parameters
            made = exchanged(made_of.make(values, weights))
            if not made_of.knows(made):  # a class of its own
                call_forward, call_backward = made_of.method(forward), made_of.method(backward)
            returned = call_forward(made, *calls.given(values), **options)
            if not made_of.is_overwritten(made, weights):
                break
        return made, calls.outputs(made, returned), call_backward

    def collected(made: Any, returned: Any, args: Sequence[Any]) -> Any:
        values, weights = parted(args)
        found, everything = calls.gradients(made, returned, values, count)
        return everything if found is None else (*found, *kept.gradients(made, weights, backward))

    def run_forward(*args: Any) -> Any:
        with calls.seeded():
            return started(args)[1]

    def run_backward(delta: Any, *args: Any) -> Any:
        with calls.seeded():
            made, _, call = started(args)
            try:
                returned = calls.backward(call, made, calls.lent(delta))
                made_of.notice_run()
                return collected(made, returned, args)
            except Exception as error:
                if made_of.lacks_what_a_forward_makes(error, parted(args)[1]):
                    return run_backward(delta, *args)
                if (misunderstood := made_of.misunderstood(made, error, delta)) is not None:
                    raise misunderstood from error
                if not calls.notice_writing(error):
                    raise
        return run_backward(delta, *args)

    def by_name(made: Any, *deltas: Any) -> Any:
        return getattr(made, backward)(*deltas)

    def play(program: Sequence[str], steps: Sequence[Call]) -> Played:
        first, weights = parted(steps[0].args)
        with calls.seeded():
            made = made_of.make(first, weights)
        for step in program:
            call = steps[int(step[1:] or 0)]
            values, its = parted(call.args)
            if step.startswith(("P", "W")):
                (kept.put if step.startswith("P") else kept.write)(made, its)
                weights = its
                yield step, None
            elif step == "Z":
                yield step, made.zero_grad()
            elif step.startswith("F"):
                if calls.forget(made):
                    yield "Z", None
                with calls.seeded():
                    returned = getattr(made, forward)(*calls.given(values), **options)
                yield step, calls.outputs(made, returned)
            else:
                returned = calls.backward(by_name, made, calls.lent(call.delta))
                yield step, collected(made, returned, (*values, *weights))

    def serves(one: Call, other: Call) -> bool:
        if made_of.is_made_of_parameters:
            return True
        made, weights = [], parted(one.args)[1]
        for call in (one, other):
            with calls.seeded():
                made.append(made_of.make(parted(call.args)[0], weights))
        return hold_the_same(*made)

    told = {
        "parameters": parameters,
        "gradients": gradients,
        "inputs": inputs,
        "output": output,
        "input_gradients": input_gradients,
        "forward_options": forward_options,
        "init": init,
        "seed": seed,
        "accumulates": accumulates,
    }
    written = "".join(f", {w}={_written(v)}" for w, v in told.items() if v not in ((), None))
    spelled = f"*gradcheck.layer({made_of.spelled}{written})"
    known = made_of.inputs is not None and inputs is None
    names = (*(made_of.inputs or ()), *kept) if known else ("*args",)
    present(run_forward, made_of.shown(forward), names)
    present(run_backward, made_of.shown(backward), ("delta", *names), spelled)
    run_forward.__name__ = made_of.name
    run_forward.keeps_arguments = True  # type: ignore[attr-defined]
    run_backward.used_again = UsedAgain(  # type: ignore[attr-defined]
        "layer",
        play,
        OF_LAYERS,
        count,
        accumulates,
        made_of.has("zero_grad"),
        serves,
        is_updated=count > 0,
    )
    return run_forward, run_backward


def _written(value: Any) -> str:
    return "..." if callable(value) else repr(value)
