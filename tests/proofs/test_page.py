"""The page about proofs: its tables are those that the script writes."""

import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "docs" / "generate_proofs.py"


def generator():
    spec = importlib.util.spec_from_file_location("generate_proofs", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_what_the_script_writes():
    """Otherwise: python docs/generate_proofs.py. Of a page with another name in a table it makes the same."""
    made = generator()
    current = made.PAGE.read_text()
    changed = current.replace("| `relu` |", "| `ReLU` |")
    assert changed != current
    assert made.page(changed) == current
