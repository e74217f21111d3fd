"""How our evaluator runs each primitive of the installed JAX, as a table.

    python benchmarks/primitives.py

*balls*: a rule in ball arithmetic; *inside*: its own jaxpr is run; *calls*: a NumPy call too, so that it runs
on symbols for all shapes; *XLA*: compiled, in float64, once for each shape. What no derivative of NumPy code
contains (collectives, random bits, custom kernels) is counted at the end.
"""

from __future__ import annotations

import jax
from jax._src.interpreters import ad, mlir

from gradcheck_backends._jax import in_balls, replay_table, walking
from gradcheck_backends._jax.rules import RULES


def main() -> None:
    lowered = {p.name for p in mlir._lowerings}  # noqa: SLF001  (JAX has no public list)
    lowered |= {p.name for table in mlir._platform_specific_lowerings.values() for p in table}  # noqa: SLF001
    differentiable = {p.name for p in (*ad.primitive_jvps, *ad.primitive_transposes)}
    rows = []
    for name in sorted(lowered | set(RULES)):
        if name in in_balls._HOLDING or name in walking._CALLS:  # noqa: SLF001
            rows.append((name, "inside"))
        elif name in RULES:
            rows.append((name, "balls, calls" if name in replay_table.RULES else "balls"))
        elif name in differentiable:
            rows.append((name, "XLA"))
    print(f"JAX {jax.__version__}\n\n| primitive | how |\n|---|---|")
    for name, how in rows:
        print(f"| `{name}` | {how} |")
    known = {name for name, _ in rows}
    print(f"\n{len(lowered - known)} more have no derivative and no rule here.")


if __name__ == "__main__":
    main()
