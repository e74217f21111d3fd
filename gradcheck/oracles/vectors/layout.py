"""JSON that people can read and diff: objects over several lines, arrays and what holds one on one line."""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["json_text"]

_WIDTH = 100


def json_text(record: Any) -> bytes:
    """A record as JSON in the one layout that our files have, with a newline at the end.

    Numbers are the shortest decimals that give the same float64 back. Equal records give equal bytes.
    """
    return (_text(msgspec.to_builtins(record), "") + "\n").encode()


def _text(value: Any, indent: str) -> str:
    flat = msgspec.json.encode(value).decode()
    if not isinstance(value, dict | list) or not value:
        return flat
    if len(flat) + len(indent) <= _WIDTH or _is_array(value) or _is_row(value):
        return flat
    deeper = indent + " "
    if isinstance(value, dict):
        parts = [f"{msgspec.json.encode(str(k)).decode()}: {_text(v, deeper)}" for k, v in value.items()]
    else:
        parts = [_text(v, deeper) for v in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    inner = f",\n{deeper}".join(parts)
    return f"{opening}\n{deeper}{inner}\n{indent}{closing}"


def _is_array(value: Any) -> bool:
    return isinstance(value, dict) and "b64" in value


def _is_row(value: Any) -> bool:
    return isinstance(value, list) and not any(isinstance(v, dict | list | str) for v in value)
