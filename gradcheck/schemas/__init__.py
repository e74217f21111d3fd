"""The JSON Schemas of what gradcheck writes, made from the record types and stored beside this file.

`python -m gradcheck.schemas` writes them anew after a change of the records.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

__all__ = ["FOLDER", "schemas", "write_schemas"]

FOLDER = Path(__file__).parent
"""Where the stored schemas are, one file for each format."""


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by file name, as the record types are now."""
    from gradcheck.oracles.answers.given import ANSWERS_SCHEMA, AnswersFile
    from gradcheck.oracles.files import REFERENCE_SCHEMA, ReferenceFile
    from gradcheck.oracles.protocol.messages import PROTOCOL_SCHEMA, message_schema
    from gradcheck.oracles.vectors.records import VECTORS_SCHEMA, VectorFile
    from gradcheck.records.types import SCHEMA, Record
    from gradcheck.report.formats.summary import SUMMARY_SCHEMA, Summary

    return {
        "log.schema.json": _schema(Record, SCHEMA, "One line of run.jsonl, the log of a gradcheck run."),
        "summary.schema.json": _schema(Summary, SUMMARY_SCHEMA, "summary.json, a gradcheck run in short."),
        "vectors.schema.json": _schema(VectorFile, VECTORS_SCHEMA, "Test vectors of one formula."),
        "answers.schema.json": _schema(AnswersFile, ANSWERS_SCHEMA, "A program's answers to test vectors."),
        "reference.schema.json": _schema(
            ReferenceFile, REFERENCE_SCHEMA, "What `gradcheck oracle NAME --output FILE.json` writes."
        ),
        "protocol.schema.json": _titled(
            message_schema(), PROTOCOL_SCHEMA, "One line between gradcheck and a program, either way."
        ),
    }


def write_schemas(folder: Path = FOLDER) -> list[Path]:
    """Write every schema into ``folder``; returns the files."""
    written = []
    for name, schema in schemas().items():
        file = folder / name
        file.write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8", newline="\n")
        written.append(file)
    return written


def _schema(type_: Any, title: str, description: str) -> dict[str, Any]:
    return _titled(msgspec.json.schema(type_), title, description)


def _titled(schema: dict[str, Any], title: str, description: str) -> dict[str, Any]:
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {**head, "title": title, "description": description, **schema}
