"""What code under check may do to a test run that checks it."""

from tests.pytest_plugin.conftest import FEW, HEAD, SQUARE

pytest_plugins = ["pytester"]

ATTACK = """

class Stop(BaseException):
    pass


@gc.formula(shapes={"x": "n"}, name="NAME")
def NAME(x):
    return x * x


@NAME.vjp
def NAME_backward(delta, x):
    ATTACK
    return 2 * delta * x
"""

ATTACKS = {
    "skips": "import pytest; pytest.skip('no')",
    "stops": "raise Stop('mine')",
    "closes": "import sys; sys.stdout.close(); sys.stderr.close()",
    "disturbs": "import os, warnings; os.chdir('/'); np.seterr(all='raise'); warnings.simplefilter('error')",
}


def attacks():
    return HEAD + "\n".join(
        ATTACK.replace("NAME", n).replace("    ATTACK", f"    {a}") for n, a in ATTACKS.items()
    )


def test_every_other_claim_is_judged(project):
    """One that skips is no skipped test, and one that closes the output leaves pytest's open."""
    project.write(layers=SQUARE, attacks=attacks())
    result = project.run("attacks.py", "layers.py", "--gradcheck-report=reports", FEW)
    assert result.ret == 1
    found = {c.uid: c.verdict for c in project.log().claims}
    assert found == {
        "skips.vjp": "error",
        "stops.vjp": "error",
        "closes.vjp": "pass",
        "disturbs.vjp": "pass",
        "square.vjp": "pass",
    }
    assert result.parseoutcomes().get("skipped", 0) == 0
    assert project.log().complete


def test_a_run_that_ends_at_once_leaves_nothing_of_an_earlier_one(project):
    """Its log is there from the start, and says that it did not end."""
    project.write(layers=SQUARE)
    assert project.run("layers.py", "--gradcheck-report=reports", FEW).ret == 0
    project.write(layers="import os\nos._exit(0)\n")
    project.run_apart("layers.py", "--gradcheck-report=reports", FEW)
    assert [p.name for p in (project.path / "reports").iterdir()] == ["run.jsonl"]
    assert not project.log().complete
