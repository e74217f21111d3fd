"""What a run writes down: the records of the JSON Lines log.

A log is one header, then for every claim one `BackendRow` per backend and one `BatteryRow` per further
check, followed by its `ClaimRow`, then one footer. Everything else (summary, JUnit, Markdown, HTML,
terminal) is rendered from these records alone. Floats in records are finite; a quantity that is not
finite is written as text.
"""

from __future__ import annotations

import msgspec

from gradcheck.records.accuracy import Accuracy, Precision

__all__ = [
    "SCHEMA",
    "Agreement",
    "ArrayRecord",
    "BackendInfo",
    "BackendRow",
    "BatteryRow",
    "ChainLayer",
    "ClaimRow",
    "Compared",
    "Comparison",
    "Counterexample",
    "Diagnosis",
    "Footer",
    "Header",
    "Proof",
    "ProofQuantity",
    "ProofStep",
    "Record",
    "Source",
    "StepCurve",
    "Training",
    "Untried",
]

SCHEMA = "gradcheck-log-1"
"""Name and version of the log's format; a breaking change takes the next number."""


class _Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class ArrayRecord(_Struct, frozen=True):
    """An array, exactly. ``b64`` (little-endian bytes, C order) is the authority; ``dec`` holds the
    entries in C order as shortest decimals, for arrays of at most 64 entries that are all finite.
    """

    dtype: str
    shape: list[int]
    b64: str
    dec: list[float] | None = None


class BackendInfo(_Struct, frozen=True):
    """A backend as the run found it. ``reason`` says why it is not available."""

    name: str
    available: bool
    version: str | None = None
    reason: str | None = None


class Header(_Struct, frozen=True, tag_field="record", tag="header"):
    """The first line: what ran, with what, on what, from which seed."""

    schema: str
    gradcheck: str
    started: str  # ISO 8601, UTC
    python: str
    platform: str
    versions: dict[str, str]  # package -> version
    seed: int
    max_examples: int
    backends: list[BackendInfo]
    claims: list[str]  # uids that the run sets out to check, in order
    command: str
    shards: list[str] = []  # "2/4" for the second of four parts of a run; several where parts were merged
    may_be_empty: bool = False  # a run that was allowed to find no claims, as a part of another may


class Comparison(_Struct, frozen=True):
    """One entry of a claim's quantity at one point, as two sources see it."""

    quantity: str  # e.g. "dJ/dW"
    index: list[int]
    candidate: str  # decimal, as many digits as are known
    truth: str
    source: str  # the backend that gave `truth`
    gap: float  # distance of the two enclosures, relative to `scale`
    bound: float  # what the gap may be, relative to `scale`
    scale: float  # S: summed magnitude of the terms that make the entry
    sizes: dict[str, int]


class BackendRow(_Struct, frozen=True, tag_field="record", tag="backend"):
    """One claim against one backend."""

    claim: str  # uid of the claim
    backend: str
    verdict: str  # pass, fail, inconclusive, weak, error; "unsupported" where it never answered
    as_declared: bool
    strength: str | None
    points: int  # points that the backend was asked about
    answered: int
    agreed: int
    differed: int
    kinks: int  # answered points where the one-sided slopes differ (counted in `answered`)
    distinct: int  # answered points whose sizes are all distinct and at least 2
    outlier: int  # points at which this backend was outvoted
    seconds: float
    method: str | None = None  # e.g. "central difference, 500 bits, h = 2^-120"
    reason: str | None = None  # why it did not answer, the commonest first
    worst: Comparison | None = None


class BatteryRow(_Struct, frozen=True, tag_field="record", tag="battery"):
    """One check of a claim's code that is not about the numbers: linearity in delta, unchanged inputs, ...

    ``outcome`` is ``pass``, ``fail``, ``note`` (something to know, nothing against the code) or
    ``skipped``. Only where ``counts`` is true does a failure decide the claim's verdict.
    """

    claim: str  # uid of the claim
    check: str
    outcome: str
    counts: bool
    points: int
    reason: str | None = None
    sizes: dict[str, int] | None = None  # of the point that `reason` speaks of


class Diagnosis(_Struct, frozen=True):
    """What kind of mistake explains a failure in one quantity."""

    quantity: str  # e.g. "dJ/dW"
    kind: str  # a word of `gradcheck.diagnosis.KINDS`; "unexplained" where nothing simple fits
    text: str  # one sentence
    points: int = 0  # points at which the explanation fits
    of: int = 0  # points at which the quantity is wrong
    gap: float | None = None  # farthest from the explanation at any of them, relative to S
    all_shapes: bool = False  # read off the normal forms of a proof, so true of every shape
    place: str = ""  # "layer.py:12": the line of the hand-written code, where the diagnosis knows one


class ProofStep(_Struct, frozen=True):
    """One rewriting step: the rule in words, and what the expression is after it."""

    rule: str
    latex: str


class ProofQuantity(_Struct, frozen=True):
    """The comparison of one quantity's entry formulas. ``status`` is ``proved``, ``refuted`` or ``open``."""

    quantity: str
    status: str
    indices: str  # of the entry, e.g. "p, q"
    truth: str | None = None  # LaTeX of the entry
    candidate: str | None = None
    steps: list[ProofStep] = []
    reason: str | None = None


class Proof(_Struct, frozen=True):
    """What is known of a claim for all sizes and all values.

    ``status``: ``proved``; ``partly`` (on some branch or for some quantities; strength stays
    ``certified``); ``refuted`` (the forms differ and a witness was found); ``open`` (with the reason).
    """

    status: str
    quantities: list[ProofQuantity] = []
    assumptions: list[str] = []  # e.g. "n, m >= 1", "X[i, j] is not 0 (ReLU off its kink)"
    branches: list[str] = []  # questions about sizes that the code asks, and what is proved on each
    opinions: dict[str, str] = {}  # second opinions: "sympy", "jax", "balls" -> what they say
    reason: str | None = None
    seconds: float = 0.0


class ChainLayer(_Struct, frozen=True):
    """One layer of a chain, judged alone. ``first_wrong`` marks the first whose local gradient is wrong."""

    name: str
    verdict: str
    first_wrong: bool = False
    message: str | None = None


class Compared(_Struct, frozen=True):
    """One gradient (or what else the claim states) over all points and backends."""

    quantity: str  # e.g. "dJ/dW"
    verdict: str  # pass, fail, or inconclusive where nobody said anything of it
    strength: str | None
    points: int  # points at which some backend compared it
    gap: float | None  # the largest relative difference seen, as a part of S; None where there is no number
    bound: float | None  # what it may be where that was seen


class Source(_Struct, frozen=True):
    """Where hand-written code stands. ``file`` is relative to the working folder or the package."""

    file: str
    line: int
    text: str


class Agreement(_Struct, frozen=True):
    """What two sources have to say about each other, over all points of a claim.

    A source is a backend's name, or ``hand-written``. Two backends that both agree with the hand-written
    code at a point agree with each other there, within the sum of their bounds; where both differ from
    it, their answers are compared with each other.
    """

    first: str
    second: str
    points: int  # points at which the two could be compared
    agreed: int
    bound: float | None = None  # the widest bound among the agreements, relative to S


class StepCurve(_Struct, frozen=True):
    """The error of the central difference at one wrong entry, by step size, relative to S.

    ``error`` is that of the difference taken in float64, ``exact`` that of the same difference taken at
    hundreds of bits, ``bound`` what truncation and rounding may make of the float64 one. ``gap`` is how
    far the hand-written value is from the right one: no step brings the difference there.
    """

    quantity: str
    index: list[int]
    source: str  # the backend whose value counts as right
    scale: float  # S: the larger of both values' magnitudes
    gap: float
    steps: list[float]  # h, descending
    error: list[float]
    exact: list[float]
    bound: list[float]


class Counterexample(_Struct, frozen=True):
    """The smallest point at which a claim was refuted, with everything needed to run it again."""

    sizes: dict[str, int]
    message: str  # one sentence: what is wrong here
    inputs: dict[str, ArrayRecord]
    delta: list[ArrayRecord]  # one per output; empty for claims that have no delta
    shape_minimal: bool  # every smaller shape was tried and did not refute
    quantity: str | None = None
    index: list[int] | None = None
    candidate: ArrayRecord | None = None  # float64 value of the hand-written quantity, if it has one
    truth: ArrayRecord | None = None  # the right one, rounded to float64
    rate: float | None = None  # step size, for update claims
    comparisons: list[Comparison] = []
    replay: str | None = None  # the shell command that runs it again
    python: str | None = None  # the Python line that runs it again
    step_curve: StepCurve | None = None
    delta_name: str = "delta"  # what the code calls it: `v` or `grads` in claims of second order
    delta_parts: list[str] = []  # what each is called where an output is complex: `delta.real`, `delta.imag`
    complex: list[str] = []  # what is one complex array to the code: `z`, of `z.real` and `z.imag`
    together: int = 0  # points whose errors go one way together, of which this is one; none fails alone

    @property
    def deltas(self) -> dict[str, ArrayRecord]:
        """Delta by name; of several outputs `delta[0]`, ..."""
        if self.delta_parts:
            return dict(zip(self.delta_parts, self.delta, strict=True))
        if len(self.delta) == 1 and self.delta_name == "delta":
            return {"delta": self.delta[0]}
        return {f"{self.delta_name}[{k}]": delta for k, delta in enumerate(self.delta)}


class TrainingStep(_Struct, frozen=True):
    """One step of gradient descent: the cost before it, the rate used, the gradient check."""

    cost: float
    rate: float
    verdict: str


class Training(_Struct, frozen=True):
    """A run of the training loop on generated data."""

    sizes: dict[str, int]
    steps: list[TrainingStep]
    final_cost: float
    stopped: str  # why it ended


class Untried(_Struct, frozen=True):
    """A comparison in the code of which one side never happened."""

    where: str  # file and line, "layer.py:12"
    what: str  # the line, and the side: "`np.where(x > 1e3, 0, x)`: > was never true where ..."


class ClaimRow(_Struct, frozen=True, tag_field="record", tag="claim"):
    """One claim, judged over all backends and points."""

    uid: str
    formula: str
    kind: str  # vjp, jacobian, entry, layout, forward, update
    statement: str  # what is claimed, in one line of text
    verdict: str
    expected: str  # "pass", or "fail" for an erratum as printed
    as_declared: bool
    strength: str | None
    points: int  # points at which the claim was judged
    discarded: int  # points where the forward itself was not finite
    shapes: list[dict[str, int]]  # distinct sizes tried
    forward: Source
    candidate: Source
    seconds: float
    id: str | None = None  # id in the derivation, e.g. "D09"
    section: str | None = None
    latex: str | None = None
    printed: bool = False
    note: str | None = None
    reason: str | None = None  # one sentence behind a verdict that is no pass
    unchecked: list[str] = []  # what the candidate returned nothing for: None, or no such key
    untried: list[Untried] = []  # what no point tried and no proof covers
    unstable: str | None = None  # of a pass: what is NaN or infinite in float64 alone, and where
    notes: list[str] = []
    counterexample: Counterexample | None = None
    training: Training | None = None
    precision: list[Precision] = []
    accuracy: Accuracy | None = None  # of code that is checked in float32, float16 or bfloat16
    diagnosis: list[Diagnosis] = []  # of a failure
    proof: Proof | None = None
    chain: list[ChainLayer] = []
    compared: list[Compared] = []  # what the claim states, one by one
    agreement: list[Agreement] = []  # every pair of sources that could be compared
    helpers: list[Source] = []  # functions of the same folder that the hand-written code calls


class Footer(_Struct, frozen=True, tag_field="record", tag="footer"):
    """The last line. A log without one is incomplete."""

    finished: str
    seconds: float
    claims: int
    verdicts: dict[str, int]
    as_declared: int
    exit_code: int
    remarks: list[str] = []
    stopped: bool = False  # after the first claim that did not come out, as was asked for


Record = Header | BackendRow | BatteryRow | ClaimRow | Footer
