"""Hand-made records: one claim of every kind of outcome, and a run that yields them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
import numpy as np

from gradcheck.records.accuracy import Precision
from gradcheck.records.arrays import encode
from gradcheck.records.types import (
    SCHEMA,
    Agreement,
    BackendInfo,
    BackendRow,
    BatteryRow,
    ChainLayer,
    ClaimRow,
    Comparison,
    Counterexample,
    Diagnosis,
    Footer,
    Header,
    Proof,
    ProofQuantity,
    ProofStep,
    Record,
    Source,
    StepCurve,
    Training,
    TrainingStep,
)

BACKENDS = ("symbolic", "finite_difference")
FILE = "formulas/linear.py"
HOSTILE = (
    "<script>alert('x')</script> ]]> | `code` ``` **b** [l](javascript:x) &amp; \x1b[31m\x00\x08 \u202e\nnext"
)

FORWARD = Source(
    file=FILE, line=12, text="@formula(shapes={'W': 'n m', 'x': 'm'})\ndef wx(W, x):\n    return W @ x\n"
)
BACKWARD = Source(
    file=FILE,
    line=17,
    text="@wx.vjp\ndef wx_vjp(delta, W, x):\n    return np.outer(delta, x), W.T @ delta\n",
)

COMPARISON = Comparison(
    quantity="dJ/dW",
    index=[0, 1],
    candidate="0.25",
    truth="0.500000000000000000000000000000000000000000",
    source="finite_difference",
    gap=0.333,
    bound=1e-25,
    scale=0.75,
    sizes={"n": 1, "m": 2},
)

COUNTEREXAMPLE = Counterexample(
    sizes={"n": 1, "m": 2},
    message="dJ/dW is transposed: it has the shape (2, 1), and W has (1, 2)",
    inputs={"W": encode(np.array([[0.5, -1.25]])), "x": encode(np.array([2.0, 0.1]))},
    delta=[encode(np.array([1.0]))],
    shape_minimal=True,
    quantity="dJ/dW",
    candidate=encode(np.array([[2.0], [0.1]])),
    truth=encode(np.array([[2.0, 0.1]])),
    comparisons=[COMPARISON],
    replay="gradcheck replay D09/wx.vjp",
    python="gradcheck.replay('D09/wx.vjp')",
)

STEPS = [2.0**-k for k in range(1, 61, 2)]
STEP_CURVE = StepCurve(
    quantity="dJ/dW",
    index=[0, 1],
    source="symbolic",
    scale=0.5,
    gap=0.5,
    steps=STEPS,
    error=[0.3 * h**2 + 1e-17 / h for h in STEPS],
    exact=[0.3 * h**2 for h in STEPS],
    bound=[0.3 * h**2 + 8e-17 / h for h in STEPS],
)

WITNESS = Counterexample(
    sizes={"n": 2, "m": 3},
    message="dJ/dW[0, 1] is 0.25, but symbolic and finite_difference say 0.5",
    inputs={"W": encode(np.arange(6.0).reshape(2, 3) / 4), "x": encode(np.array([2.0, 0.1, -1.0]))},
    delta=[encode(np.array([1.0, -0.5]))],
    shape_minimal=True,
    quantity="dJ/dW",
    index=[0, 1],
    candidate=encode(np.array([[2.0, 0.25, -1.0], [-1.0, -0.05, 0.5]])),
    truth=encode(np.array([[2.0, 0.5, -1.0], [-1.0, -0.05, 0.5]])),
    comparisons=[COMPARISON],
    replay="gradcheck replay 'D13/layer.vjp'",
    step_curve=STEP_CURVE,
)

DIAGNOSIS = [
    Diagnosis(
        quantity="dJ/dW",
        kind="factor",
        text="dJ/dW is too small by the factor 1/2 in column 1.",
        points=12,
        of=12,
        gap=1e-30,
    ),
    Diagnosis(quantity="dJ/dx", kind="unexplained", text="No simple explanation fits dJ/dx."),
]

CHAIN = [
    ChainLayer(name="linear", verdict="pass"),
    ChainLayer(name="tanh", verdict="fail", first_wrong=True, message="f' is taken at a instead of z"),
    ChainLayer(name="softmax", verdict="inconclusive", message="after a wrong layer"),
]

PROOF = Proof(
    status="proved",
    quantities=[
        ProofQuantity(
            quantity="dJ/dW",
            status="proved",
            indices="p, q",
            truth=r"\delta_{p} x_{q}",
            candidate=r"\delta_{p} x_{q}",
            steps=[
                ProofStep(rule="differentiate the sum", latex=r"\sum_{i} \delta_{i} [i = p] x_{q}"),
                ProofStep(rule="contract the delta", latex=r"\delta_{p} x_{q}"),
            ],
        ),
        ProofQuantity(
            quantity="dJ/dx", status="open", indices="q", reason="np.linalg.inv has no normal form"
        ),
    ],
    assumptions=["n, m >= 1"],
    branches=["is n equal to m? proved on both"],
    opinions={"sympy": "agrees at n = 2, m = 3", "balls": "agrees at 20 random shapes"},
    reason="all quantities but dJ/dx",
    seconds=0.012,
)

PRECISION = [
    Precision(dtype="float64", points=9, typical=0.3, lost=1.7, sizes={"n": 3, "m": 2}),
    Precision(dtype="float32", points=8, typical=0.4, lost=2.5, sizes={"n": 3, "m": 2}),
]

TRAINING = Training(
    sizes={"n": 8, "m": 3},
    steps=[TrainingStep(cost=2.0 * 0.8**i + 0.01, rate=0.5, verdict="pass") for i in range(30)],
    final_cost=0.0125,
    stopped="30 steps were asked for",
)


def row(claim: str, backend: str = "symbolic", verdict: str = "pass", **changes: object) -> BackendRow:
    fields: dict = {
        "strength": "certified" if verdict == "pass" else None,
        "points": 50,
        "answered": 50,
        "agreed": 50 if verdict == "pass" else 49,
        "differed": int(verdict == "fail"),
        "kinks": 0,
        "distinct": 31,
        "outlier": 0,
        "seconds": 0.0312,
        "as_declared": verdict == "pass",
        "method": "central difference, 320 bits, h = 2^-120" if backend == "finite_difference" else None,
    }
    return BackendRow(claim=claim, backend=backend, verdict=verdict, **(fields | changes))


def claim(uid: str, verdict: str = "pass", **changes: object) -> ClaimRow:
    fields: dict = {
        "formula": uid.rpartition("/")[2].partition(".")[0],
        "kind": "vjp",
        "statement": f"gradients of {uid} in every argument",
        "expected": "pass",
        "strength": "certified" if verdict == "pass" else None,
        "points": 50,
        "discarded": 0,
        "shapes": [{"n": n, "m": m} for n in (1, 2, 3) for m in (1, 2, 4)],
        "forward": FORWARD,
        "candidate": BACKWARD,
        "seconds": 0.0625,
        "id": uid.partition("/")[0] if "/" in uid else None,
        "section": "z = Wx",
        "latex": r"\frac{\partial J}{\partial W} = \delta^T x^T",
    }
    fields |= changes
    return ClaimRow(uid=uid, verdict=verdict, as_declared=verdict == fields["expected"], **fields)


def agreement(agreed: int, points: int) -> list[Agreement]:
    """The hand-written code agrees with both backends at some points, and they with each other at all."""
    return [
        *(
            Agreement(first="hand-written", second=backend, points=points, agreed=agreed, bound=1e-25)
            for backend in BACKENDS
        ),
        Agreement(first=BACKENDS[0], second=BACKENDS[1], points=points, agreed=points, bound=2e-25),
    ]


def judged(uid: str, verdict: str = "pass", **changes: object) -> list[Record]:
    """A claim with one row per backend, all of the claim's own verdict."""
    return [*(row(uid, backend, verdict) for backend in BACKENDS), claim(uid, verdict, **changes)]


PASSED = judged("D09/wx.vjp", note="flat arrays")
PROVED = judged("D08/wx.jacobian-x", strength="proved", kind="jacobian", printed=True)
FAILED = judged("D12/xw.vjp", "fail", counterexample=COUNTEREXAMPLE, reason="dJ/dW differs at 1 of 50 points")
ERRATUM = judged(
    "D09/wx_column.vjp.printed", "fail", expected="fail", printed=True, counterexample=COUNTEREXAMPLE
)
ERRATUM_STANDS = judged("D06/chain.entry.printed", "pass", expected="fail", printed=True)
WEAK = judged(
    "D10/identity.vjp", "weak", reason="only square shapes were tried, and the declaration allows others"
)
INCONCLUSIVE = judged("D16/mse.vjp", "inconclusive", reason="no backend answered at any point")
ERROR = judged(
    "D17/layer.forward", "error", reason="the forward raised ValueError at n = 1, m = 1: shapes (1,) (2,)"
)
UNSUPPORTED = [
    row(
        "D15/relu.vjp", "symbolic", "unsupported", answered=0, agreed=0, reason="np.where on symbols (line 7)"
    ),
    row("D15/relu.vjp", "finite_difference", kinks=4),
    claim("D15/relu.vjp", notes=["4 points lie on a kink"]),
]
TRAINED = judged("D21/regression.update", kind="update", training=TRAINING)
HOSTILE_CLAIM = [
    *(row(f"X1/{HOSTILE}", backend, "fail", reason=HOSTILE, method=HOSTILE) for backend in BACKENDS),
    claim(
        f"X1/{HOSTILE}",
        "fail",
        formula=HOSTILE,
        statement=HOSTILE,
        reason=HOSTILE,
        note=HOSTILE,
        notes=[HOSTILE],
        section=HOSTILE,
        latex=HOSTILE,
        unchecked=[HOSTILE],
        forward=Source(file=HOSTILE, line=1, text=HOSTILE),
        candidate=Source(file=HOSTILE, line=1, text=HOSTILE),
        counterexample=Counterexample(
            sizes={HOSTILE: 1},
            message=HOSTILE,
            inputs={HOSTILE: encode(np.array(1.5))},
            delta=[encode(np.array([np.nan, np.inf]))],
            shape_minimal=False,
            quantity=HOSTILE,
            candidate=encode(np.zeros((3, 3, 3))),
            truth=encode(np.arange(100.0)),
            rate=0.5,
            comparisons=[COMPARISON] * 6,
            replay=HOSTILE,
            python=HOSTILE,
        ),
        training=Training(
            sizes={HOSTILE: 1},
            steps=[TrainingStep(cost=1e300, rate=0.1, verdict=HOSTILE)],
            final_cost=-1e300,
            stopped=HOSTILE,
        ),
    ),
]

RICH = [
    *(row("D13/layer.vjp", backend, "fail", differed=42, agreed=8) for backend in BACKENDS),
    BatteryRow(claim="D13/layer.vjp", check="linear in delta", outcome="pass", counts=True, points=5),
    BatteryRow(
        claim="D13/layer.vjp",
        check="leaves its arguments alone",
        outcome="fail",
        counts=True,
        points=5,
        reason="the code changes x in place",
        sizes={"n": 2, "m": 3},
    ),
    BatteryRow(
        claim="D13/layer.vjp", check="size 0", outcome="note", counts=False, points=1, reason="raises"
    ),
    claim(
        "D13/layer.vjp",
        "fail",
        counterexample=WITNESS,
        diagnosis=DIAGNOSIS,
        chain=CHAIN,
        helpers=[Source(file=FILE, line=3, text="def outer(a, b):\n    return a[:, None] * b\n")],
        agreement=agreement(8, 50),
    ),
]
"""A failure with everything that a record can hold."""

HOSTILE_RICH = [
    row("X2/rich", HOSTILE, "fail", reason=HOSTILE, method=HOSTILE),
    BatteryRow(
        claim="X2/rich",
        check=HOSTILE,
        outcome="fail",
        counts=True,
        points=1,
        reason=HOSTILE,
        sizes={HOSTILE: 1},
    ),
    claim(
        "X2/rich",
        "fail",
        counterexample=msgspec.structs.replace(
            WITNESS,
            quantity=HOSTILE,
            step_curve=msgspec.structs.replace(STEP_CURVE, quantity=HOSTILE, source=HOSTILE),
        ),
        diagnosis=[Diagnosis(quantity=HOSTILE, kind=HOSTILE, text=HOSTILE, points=1, of=2, gap=0.5)],
        chain=[ChainLayer(name=HOSTILE, verdict=HOSTILE, first_wrong=True, message=HOSTILE)],
        proof=Proof(
            status=HOSTILE,
            quantities=[
                ProofQuantity(
                    quantity=HOSTILE,
                    status=HOSTILE,
                    indices=HOSTILE,
                    truth=HOSTILE,
                    candidate=r"\text{<svg/onload=alert(1)>}",
                    steps=[ProofStep(rule=HOSTILE, latex=r"\href{javascript:alert(1)}{x}")],
                    reason=HOSTILE,
                )
            ],
            assumptions=[HOSTILE],
            branches=[HOSTILE],
            opinions={HOSTILE: HOSTILE},
            reason=HOSTILE,
        ),
        agreement=[Agreement(first="hand-written", second=HOSTILE, points=3, agreed=1, bound=0.1)],
        helpers=[Source(file=HOSTILE, line=1, text=HOSTILE)],
        precision=[Precision(dtype=HOSTILE, points=1, typical=1.0, lost=2.0, sizes={HOSTILE: 1})],
        shapes=[{HOSTILE: 1, "m": 2}, {HOSTILE: 2, "m": 1}],
    ),
]
"""The same in every field that only some claims have."""

PROVED_AT_LENGTH = judged(
    "D08/wx.vjp", strength="proved", proof=PROOF, precision=PRECISION, agreement=agreement(50, 50)
)

GOOD = [PASSED, PROVED, ERRATUM, UNSUPPORTED, TRAINED]
"""Every claim comes out as declared."""
EVERYTHING = [
    PASSED,
    PROVED,
    FAILED,
    ERRATUM,
    ERRATUM_STANDS,
    WEAK,
    INCONCLUSIVE,
    ERROR,
    UNSUPPORTED,
    TRAINED,
    HOSTILE_CLAIM,
]


def header(uids: Sequence[str], **changes: object) -> Header:
    fields: dict = {
        "schema": SCHEMA,
        "gradcheck": "0.1.0",
        "started": "2026-01-02T03:04:05Z",
        "python": "3.11.9",
        "platform": "Linux x86_64",
        "versions": {"numpy": "2.4.6", "python-flint": "0.9.0", "sympy": "1.14.0"},
        "seed": 0,
        "max_examples": 50,
        "backends": [
            BackendInfo(name="symbolic", available=True, version="sympy 1.14.0"),
            BackendInfo(name="finite_difference", available=True, version="python-flint 0.9.0"),
            BackendInfo(
                name="autodiff",
                available=False,
                reason="ModuleNotFoundError: No module named 'jax'; pip install 'gradcheck[jax]'",
            ),
        ],
        "command": "gradcheck verify --max-examples 50 --seed 0",
    }
    return Header(claims=list(uids), **(fields | changes))


def footer(claims: Sequence[ClaimRow], **changes: object) -> Footer:
    counted: dict[str, int] = {}
    for one in claims:
        counted[one.verdict] = counted.get(one.verdict, 0) + 1
    as_declared = sum(one.as_declared for one in claims)
    fields: dict = {
        "finished": "2026-01-02T03:04:09Z",
        "seconds": 4.2,
        "claims": len(claims),
        "verdicts": counted,
        "as_declared": as_declared,
        "exit_code": int(as_declared != len(claims)),
    }
    return Footer(**(fields | changes))


def records(parts: Iterable[Sequence[Record]] = GOOD, **header_changes: object) -> list[Record]:
    """A whole run of the given claims."""
    body = [record for part in parts for record in part]
    claims = [record for record in body if isinstance(record, ClaimRow)]
    return [header([one.uid for one in claims], **header_changes), *body, footer(claims)]


def fake_run(parts: Iterable[Sequence[Record]] = GOOD, interrupt_after: int | None = None):
    """A stand-in for `gradcheck.running.stream.run`; it can be interrupted after a number of records."""

    def run(claims: object, options: object) -> Iterator[Record]:
        for number, record in enumerate(records(parts)):
            if number == interrupt_after:
                raise KeyboardInterrupt
            yield record

    return run
