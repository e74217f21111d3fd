"""The messages of the protocol, version 1, one JSON object a line.

    > {"cmd": "start", "version": 1}
    < {"version": 1, "implementation": {"name": "...", "language": "..."},
       "capabilities": {"formulas": ["wx"], "dtypes": ["<f8"]}}
    > {"cmd": "run", "seq": 7, "case": {"formula": "wx", "inputs": {"W": ARRAY, "x": ARRAY}, "delta": ARRAY}}
    < {"seq": 7, "gradients": {"W": ARRAY, "x": ARRAY}}
      or {"seq": 7, "skipped": true, "message": "..."} or {"seq": 7, "errored": true, "message": "..."}
    > {"cmd": "stop"}

A case holds what goes into a backward pass, never what should come out. A gradient that a program does
not compute is null. Where a forward has several outputs, delta is a list of arrays.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from gradcheck.records.types import ArrayRecord

__all__ = [
    "PROTOCOL_SCHEMA",
    "VERSION",
    "AnswerArray",
    "Capabilities",
    "Case",
    "Command",
    "Errored",
    "Gradients",
    "Implementation",
    "Reply",
    "Run",
    "Skipped",
    "Start",
    "Started",
    "Stop",
    "message_schema",
]

VERSION = 1

PROTOCOL_SCHEMA = "gradcheck-protocol-1"
"""Name and version of the protocol; a breaking change takes the next number."""


class _Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Unknown fields are ignored in both directions: a later version may add some."""


class Case(_Struct, frozen=True):
    """One point of one formula: its inputs by name, and delta, the gradient with respect to the output."""

    formula: str
    inputs: dict[str, ArrayRecord]
    delta: ArrayRecord | list[ArrayRecord]


class Start(_Struct, frozen=True, tag_field="cmd", tag="start"):
    """The first line. ``version`` is the newest that the sender speaks."""

    version: int


class Run(_Struct, frozen=True, tag_field="cmd", tag="run"):
    """Asks for the gradients of one case. ``seq`` comes back with the answer."""

    seq: int
    case: Case


class Stop(_Struct, frozen=True, tag_field="cmd", tag="stop"):
    """Ends the program. It is not answered."""


Command = Start | Run | Stop


class Implementation(_Struct, frozen=True):
    """Whose gradients these are."""

    name: str
    language: str
    version: str | None = None


class Capabilities(_Struct, frozen=True):
    """What a program can be asked: formulas by name, and dtypes of arrays ("<f8", "<f4", "<f2",
    "bfloat16").
    """

    formulas: list[str]
    dtypes: list[str]


class Started(_Struct, frozen=True):
    """The answer to `start`."""

    version: int
    implementation: Implementation
    capabilities: Capabilities


class AnswerArray(_Struct, frozen=True):
    """An array in an answer. ``b64`` is the authority; ``dec`` may be there, as decimals of the same."""

    dtype: str
    shape: list[int]
    b64: str
    dec: Any = None


class Reply(_Struct, frozen=True):
    """Any answer to `run`, as it is read: exactly one of ``gradients``, ``skipped`` and ``errored``."""

    seq: int
    gradients: dict[str, AnswerArray | None] | None = None
    skipped: bool = False
    errored: bool = False
    message: str = ""


class Gradients(_Struct, frozen=True):
    """An answer to `run`: one gradient per input, null for one that is not computed."""

    seq: int
    gradients: dict[str, ArrayRecord | None]


class Skipped(_Struct, frozen=True):
    """An answer to `run`: the program does not do this case. The message says why."""

    seq: int
    skipped: Literal[True]
    message: str


class Errored(_Struct, frozen=True):
    """An answer to `run`: the case went wrong. ``seq`` is null where the line could not be read."""

    seq: int | None
    errored: Literal[True]
    message: str


def message_schema() -> dict[str, Any]:
    """The JSON Schema of one line, in either direction."""
    kinds = (Start, Run, Stop, Started, Gradients, Skipped, Errored)
    references, parts = msgspec.json.schema_components(kinds)
    return {"anyOf": list(references), "$defs": parts}
