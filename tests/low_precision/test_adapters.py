"""Rules of frameworks in low precision: they get arrays of the type, and their answers are judged in it."""

import numpy as np
import pytest

import gradcheck

jax = pytest.importorskip("jax")
QUICK = {"shapes": {"x": "n"}, "max_examples": 6, "backends": ["autodiff"]}


def rule(slope):
    @jax.custom_vjp
    def cubed(x):
        return x * x * x

    cubed.defvjp(lambda x: (cubed(x), x), lambda x, delta: ((slope(x) * delta).astype(x.dtype),))
    return gradcheck.adapters.jax_custom_vjp(cubed, forward=lambda x: x * x * x)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_a_rule_of_jax_runs_in_the_type_and_is_judged_in_it(dtype):
    seen = set()

    def slope(x):
        seen.add(x.dtype.name)
        return 3 * x * x

    options = {**QUICK, "values": {"x": lambda shape, rng: np.round(rng.normal(size=shape), 2)}}
    right = gradcheck.verify(*rule(slope), dtype=dtype, **options)
    assert right.verdict == "pass", str(right)
    assert dtype in seen
    assert right.ulp["dJ/dx"].worst <= 2
    assert gradcheck.verify(*rule(lambda x: 2.9 * x * x), dtype=dtype, **options).verdict == "fail"
