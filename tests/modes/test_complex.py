"""Complex arguments and outputs: every right backward passes, every wrong twin fails and is told apart."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import gradcheck
from gradcheck.cli.main import cli
from tests.modes import (  # noqa: F401  (two of them add their cases)
    corpus_complex_matrices,
    corpus_complex_models,
    scaling,
)
from tests.modes.corpus_complex import CASES, away

C = gradcheck.complex_normal


def checked(name, code, scale=None, **more):
    forward, shapes, arguments, options, *_ = CASES[name]
    values = {**dict.fromkeys(arguments.split(), C), **options.get("values", {})}
    if scale is not None:
        values = scaling.values(shapes, {"values": values}, scale)
    options = {**options, "max_examples": 4, "backends": ["finite_difference"], **more, "values": values}
    return gradcheck.verify(forward, code, shapes=shapes, **options)


def vjp(forward, backward, shapes=None, values=None, **options):
    options = {"max_examples": 6, "backends": ["finite_difference"], **options}
    shapes = shapes or {"z": "n"}
    return gradcheck.verify(forward, backward, shapes=shapes, values=values or {"z": C}, **options)


@pytest.mark.corpus(20)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.usefixtures("undiagnosed")
def test_the_right_one_passes_and_every_twin_fails(name):
    *_, right, wrong = CASES[name]
    assert checked(name, right).verdict == "pass"
    assert [checked(name, w).verdict for w in wrong] == ["fail"] * len(wrong)


@pytest.mark.corpus(60)
@pytest.mark.parametrize("scale", scaling.SCALES)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.usefixtures("undiagnosed")
def test_no_false_alarm_at_any_scale(name, scale):
    *_, right, _ = CASES[name]
    found = checked(name, right, scale, backends=None)
    assert found.verdict in scaling.QUIET, str(found)


def test_every_backend_answers_and_it_is_proved():
    *_, right, wrong = CASES["product"]
    found = checked("product", right, backends=None)
    assert (found.verdict, found.strength) == ("pass", "proved")
    assert {b.backend: b.verdict for b in found.backends} == dict.fromkeys(
        ("autodiff", "finite_difference", "symbolic"), "pass"
    )
    twin = checked("product", wrong[0], backends=None)
    assert (twin.verdict, twin.proof.status) == ("fail", "refuted")


def test_fourier_transforms_are_exact_in_balls_and_answered_by_every_backend():
    *_, right, _ = CASES["fft"]
    found = checked("fft", right, backends=None)
    assert found.strength == "certified"
    assert {b.verdict for b in found.backends} == {"pass"}


def power(x):
    return np.abs(np.fft.rfft(x)) ** 2


def power_vjp(delta, x):
    g = np.zeros(len(x), dtype=complex)
    g[: len(delta)] = 2 * delta * np.fft.rfft(x)
    return np.real(len(x) * np.fft.ifft(g))


def circular(x, h):
    """A convolution, with transforms that are filled up with zeros, and half of the coefficients."""
    n = len(x) + 1
    return np.fft.irfft(np.fft.rfft(x, n) * np.fft.rfft(h, n), n)


def circular_vjp(delta, x, h):
    n = len(delta)
    by = lambda other: np.fft.irfft(np.fft.rfft(delta, n) * np.conj(np.fft.rfft(other, n)), n)[:-1]
    return by(h), by(x)


@pytest.mark.parametrize("backend", ["autodiff", "finite_difference", "symbolic"])
def test_parts_of_fourier_transforms_in_every_backend(backend):
    options = {"max_examples": 2, "backends": [backend]}
    assert gradcheck.verify(power, power_vjp, {"x": "n"}, **options).verdict == "pass"
    both = {"x": "n", "h": "n"}
    assert gradcheck.verify(circular, circular_vjp, both, **options).verdict == "pass"
    half = lambda d, x: power_vjp(d, x) / 2
    assert gradcheck.verify(power, half, {"x": "n"}, **options).verdict == "fail"
    swapped = lambda d, x, h: circular_vjp(d, x, h)[::-1]
    assert gradcheck.verify(circular, swapped, both, **options).verdict == "fail"


# -- what is told of a mistake


def of(backward, forward=np.exp, **options):
    found = vjp(forward, backward, **options)
    assert found.verdict == "fail"
    return [(d.quantity, d.kind, d.text) for d in found.diagnosis]


def test_a_forgotten_conjugate():
    ((quantity, kind, text),) = of(lambda d, z: d * np.exp(z))
    assert (quantity, kind) == ("dJ/dz", "conjugate")
    assert text.startswith("your gradient is right under complex_convention='jax', not under 'torch'")
    ((_, _, text),) = of(lambda d, z: d * np.conj(np.exp(z)), complex_convention="jax")
    assert text.startswith("your gradient is right under complex_convention='torch', not under 'jax'")
    ((_, _, text),) = of(lambda d, z: np.conj(d) * np.exp(z))
    assert text == "your gradient is the conjugate of the right gradient"


def energy(z):
    return np.sum(np.abs(z) ** 2)


@pytest.mark.parametrize(
    ("backward", "kind", "text"),
    [
        (lambda d, z: d * z, "factor", "half the right gradient: Wirtinger's dJ/dz* is half of"),
        (lambda d, z: d * np.conj(z), "conjugate", "half the conjugate of the right gradient"),
        (lambda d, z: 4 * d * z, "factor", "twice the right gradient"),
        (lambda d, z: -2 * d * z, "sign", "minus the right gradient"),
        (lambda d, z: 2 * d * z.real, "missing-term", "the real part of the right gradient"),
        (lambda d, z: 2j * d * z, "factor", "i times the right gradient"),
    ],
)
def test_other_mistakes_of_the_whole_gradient(backward, kind, text):
    ((quantity, found, said),) = of(backward, energy)
    assert (quantity, found) == ("dJ/dz", kind)
    assert text in said


@pytest.mark.parametrize(
    ("name", "k", "text"),
    [("cube", 0, "`z` should be conjugated"), ("hermitian_form", 2, "should be conjugated")],
)
def test_a_conjugate_forgotten_at_one_operand(name, k, text):
    *_, wrong = CASES[name]
    (found,) = checked(name, wrong[k]).diagnosis
    assert (found.kind, found.quantity) == ("conjugate", "dJ/dz")
    assert text in found.text


@pytest.mark.parametrize(
    ("name", "k"), [("tanh", 2), ("reciprocal", 2), ("angle", 2), ("irfft", 0), ("irfft", 1)]
)
def test_steps_of_a_complex_operation_are_not_named_as_the_codes_own(name, k):
    """`np.abs(z)` is a root of a sum of squares, and `1 / z` a quotient by that: the code says neither."""
    found = checked(name, CASES[name][5][k])
    own = {"no simple explanation", "your gradient is too small by the factor 2"}
    assert {d.text for d in found.diagnosis} <= own


@pytest.mark.parametrize(
    ("name", "k", "text"),
    [
        ("exp", 1, "the minus in `-z`"),
        ("unit", 0, "the part that comes through `np.abs(z)` in `z / np.abs(z)`"),
        ("hermitian_form", 1, "the part that comes through `H @ z` in `np.vdot(z, H @ z)`"),
        ("polar", 0, "on the way back through `exp(1j * theta)` in `r * exp(1j * theta)`"),
    ],
)
def test_a_complex_operation_is_named_as_a_whole(name, k, text):
    assert text in checked(name, CASES[name][5][k]).diagnosis[0].text


def test_what_is_wrong_in_no_such_way_is_not_explained_by_one():
    found = of(lambda d, z: d * np.conj(z))
    assert {kind for _, kind, _ in found}.isdisjoint({"conjugate", "factor", "sign"})


def test_a_delta_that_is_not_used():
    found = of(lambda d, z: np.conj(np.exp(z)))
    assert {kind for _, kind, _ in found} == {"delta-ignored"}


# -- what people get back


def test_the_counterexample_holds_complex_arrays_and_runs_again():
    found = vjp(lambda z: z * z, lambda d, z: 2 * d * z, complex_convention="torch")
    arrays = found.counterexample.arrays
    assert arrays["z"].dtype == arrays["delta"].dtype == np.complex128
    assert "values={'z': np.array([" in found.counterexample.python
    again = vjp(
        lambda z: z * z,
        lambda d, z: 2 * d * z,
        values={"z": arrays["z"]},
        delta=arrays["delta"],
        max_examples=1,
    )
    assert again.verdict == "fail"
    right = vjp(
        lambda z: z * z, lambda d, z: 2 * d * np.conj(z), values={"z": arrays["z"]}, delta=arrays["delta"]
    )
    assert right.verdict == "pass"


def test_delta_in_a_counterexample_is_what_the_code_was_given():
    seen = []

    def wrong(delta, z):
        seen.append(complex(delta[0]) if len(delta) == 1 else None)
        return delta * np.conj(2 * z)

    found = vjp(lambda z: z * z, wrong, complex_convention="jax")
    assert complex(found.counterexample.arrays["delta"][0]) in seen


def test_a_file_is_checked_and_its_counterexample_replayed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = """
        import numpy as np
        import gradcheck

        @gradcheck.formula(shapes={"z": "n"}, values={"z": gradcheck.complex_normal})
        def square(z):
            return z * z

        @square.vjp
        def square_vjp(delta, z):
            return delta * 2 * z
        """
    file = tmp_path / "complex_square.py"
    file.write_text("\n".join(line[8:] for line in text.splitlines()), "utf-8")
    run = ["verify", str(file), "--backend", "finite_difference", "--max-examples", "4"]
    found = CliRunner().invoke(cli, [*run, "--report-dir", str(tmp_path / "reports")])
    assert found.exit_code == 1
    assert "complex_convention='jax'" in found.output
    rows = [json.loads(line) for line in (tmp_path / "reports" / "run.jsonl").read_text("utf-8").splitlines()]
    (saved,) = [r["counterexample"] for r in rows if r.get("counterexample")]
    assert saved["complex"] == ["z", "delta"]
    assert set(saved["inputs"]) == {"z.real", "z.imag"}
    again = ["replay", str(tmp_path / "reports" / "run.jsonl")]
    assert CliRunner().invoke(cli, again).exit_code == 1
    file.write_text(file.read_text("utf-8").replace("delta * 2 * z", "delta * 2 * np.conj(z)"), "utf-8")
    assert CliRunner().invoke(cli, again).exit_code == 0


# -- what is declared


def test_values_say_what_is_complex():
    """An array, a function that draws complex numbers, and arrays to check at."""
    backward = lambda d, z: d * np.conj(np.exp(z))
    assert vjp(np.exp, backward, values={"z": np.array([1 + 2j, 3.0])}).verdict == "pass"
    assert vjp(np.exp, backward, values={"z": away}).verdict == "pass"
    assert gradcheck.verify(np.exp, backward, args=(np.array([1 + 2j, 0.5]),), max_examples=4)
    twin = vjp(np.exp, lambda d, z: d * np.exp(z), values={"z": away})
    assert twin.verdict == "fail"
    found = twin.counterexample.arrays["z"]
    assert np.all(np.abs(found) >= 0.5 * (1 - 1e-12))  # both parts come of one draw


def test_nested_complex_arguments():
    def forward(p, x):
        return p["W"] @ x + p["b"]

    def backward(delta, p, x):
        return {"W": np.outer(delta, x), "b": delta}, np.real(np.conj(p["W"]).T @ delta)

    shapes = {"p": {"W": "n m", "b": "n"}, "x": "m"}
    values = {"p": {"W": C, "b": C}}
    assert vjp(forward, backward, shapes, values).verdict == "pass"
    wrong = lambda delta, p, x: ({"W": np.outer(np.conj(delta), x), "b": delta}, backward(delta, p, x)[1])
    found = vjp(forward, wrong, shapes, values)
    assert (found.verdict, found.diagnosis[0].quantity) == ("fail", 'dJ/dp["W"]')
    assert 'p["W"]' in found.counterexample.arrays


def test_a_tuple_of_outputs_of_which_one_is_complex():
    forward = lambda z: (z * z, np.sum(np.abs(z) ** 2))
    assert vjp(forward, lambda d, z: 2 * d[0] * np.conj(z) + 2 * d[1] * z).verdict == "pass"
    assert vjp(forward, lambda d, z: 2 * d[0] * np.conj(z) + d[1] * z).verdict == "fail"


def test_forward_mode():
    tangent = lambda t, z: np.exp(z) * t.z
    assert vjp(np.exp, None, jvp=tangent, backends=None).strength == "proved"
    assert vjp(np.exp, None, jvp=lambda t, z: np.conj(np.exp(z)) * t.z).verdict == "fail"
    beside = vjp(np.exp, lambda d, z: d * np.conj(np.exp(z)), jvp=tangent)
    assert (beside.verdict, len(beside.beside)) == ("pass", 1)


def test_a_real_formula_that_is_complex_inside():
    """These points were a false alarm while balls could not run the forward."""

    def inner(x, y):
        z = x + 1j * y
        return np.real(z * z)

    for x, y in (([37.0994, -3.1163], [6.8258, -3.1163]), ([32.0, -3.1163], [6.8258, -3.1163])):
        given = {
            "shapes": {"x": "n", "y": "n"},
            "values": {"x": np.array(x), "y": np.array(y)},
            "delta": np.array([0.0, 7.5272]),
        }
        assert vjp(inner, lambda d, x, y: (d * 2 * x, -d * 2 * y), **given).strength in (
            "certified",
            "proved",
        )
        assert vjp(inner, lambda d, x, y: (d * 2 * x, d * 2 * y), **given).verdict == "fail"


def test_buffers_of_complex_numbers():
    def forward(z):
        out = np.zeros(len(z), dtype=complex)
        for i in range(len(z)):
            out[i] = z[i] ** 2
        return out

    assert vjp(forward, lambda d, z: d * 2 * np.conj(z)).strength == "certified"
    assert vjp(forward, lambda d, z: d * 2 * z).verdict == "fail"


def test_writing_into_a_complex_argument_is_seen():
    def backward(delta, z):
        z *= 2
        return delta * np.conj(z)

    found = vjp(lambda z: z**2, backward)
    assert found.verdict == "error"
    assert "in place" in found.reason


def test_a_complex_gradient_of_a_real_argument_is_refused_with_advice():
    found = vjp(
        lambda x: np.exp(1j * x), lambda d, x: -1j * d * np.exp(1j * x), {"x": "n"}, {"x": gradcheck.normal}
    )
    assert found.verdict == "error"
    assert "np.real" in found.reason


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"complex_convention": "tensorflow"}, "expected 'torch'"),
        ({"spaces": {"z": gradcheck.sphere}}, "spaces are of real arrays"),
    ],
)
def test_misuse(options, message):
    with pytest.raises(gradcheck.UsageError, match=message):
        vjp(np.exp, lambda d, z: d, **options)


# -- Jacobians


def jacobian(forward, code, shapes=None, **options):
    options = {"max_examples": 4, "backends": ["finite_difference"], **options}
    shapes = shapes or {"z": "n"}
    options.setdefault("values", {"z": C})
    return gradcheck.verify(forward, jac=code, shapes=shapes, **options)


JACOBIANS = {
    "holomorphic": (lambda z: z**2, lambda z: np.diag(2 * z), lambda z: np.diag(2 * np.conj(z)), {}),
    "of several axes": (
        lambda z, A: A @ z,
        lambda z, A: A,
        lambda z, A: np.conj(A),
        {"shapes": {"z": "m", "A": "n m"}, "values": {"z": C, "A": C}},
    ),
    "real output": (lambda z: np.abs(z) ** 2, lambda z: np.diag(2 * z), np.diag, {}),
    "scalar": (lambda z: np.sum(np.abs(z) ** 2), lambda z: 2 * z, lambda z: 2 * np.conj(z), {}),
    "the other convention": (
        lambda z: np.sum(np.abs(z) ** 2),
        lambda z: 2 * np.conj(z),
        lambda z: 2 * z,
        {"complex_convention": "jax"},
    ),
    "real argument": (
        lambda x: np.exp(1j * x),
        lambda x: np.diag(1j * np.exp(1j * x)),
        lambda x: np.diag(-1j * np.exp(1j * x)),
        {"shapes": {"x": "n"}, "values": None},
    ),
    "a constant": (
        lambda x: np.array([[1 + 2j, 0.5], [3j, 1.0]]) @ x,
        lambda x: np.array([[1 + 2j, 0.5], [3j, 1.0]]),
        lambda x: np.array([[1 + 2j, 3j], [0.5, 1.0]]),
        {"shapes": {"x": 2}, "values": None},
    ),
}


@pytest.mark.parametrize("name", JACOBIANS)
@pytest.mark.usefixtures("undiagnosed")
def test_complex_jacobians(name):
    forward, right, wrong, options = JACOBIANS[name]
    assert jacobian(forward, right, **options).verdict == "pass"
    found = jacobian(forward, wrong, **options)
    assert found.verdict == "fail"
    assert found.counterexample.arrays.keys() == set(options.get("shapes", {"z": "n"}))


def test_a_complex_jacobian_is_answered_by_every_backend_and_proved():
    forward, right, wrong, _ = JACOBIANS["holomorphic"]
    found = jacobian(forward, right, backends=None)
    assert (found.strength, {b.verdict for b in found.backends}) == ("proved", {"pass"})
    twin = jacobian(forward, wrong, backends=None)
    assert (twin.proof.status, twin.diagnosis[0].text) == (
        "refuted",
        "your derivative is the conjugate of the right derivative",
    )


@pytest.mark.parametrize("code", [lambda z: np.diag(2 * np.abs(z) ** 2), lambda z: np.diag(z * z)])
def test_what_is_not_holomorphic_has_no_complex_jacobian(code):
    found = jacobian(lambda z: np.conj(z) * z * z, code)
    assert found.verdict == "fail"
    ((quantity, text),) = [(d.quantity, d.text) for d in found.diagnosis]
    assert quantity == "dz/dz"
    assert text.startswith("the forward is not holomorphic: its derivative by Im z is not i times")


# -- second order


DOUBLE = {
    "holomorphic": (
        lambda z: z**2,
        lambda g, d, z: (2 * g[0] * z, 2 * d * np.conj(g[0])),
        lambda g, d, z: (2 * g[0] * z, 2 * np.conj(d) * g[0]),
        {},
    ),
    "the other convention": (
        lambda z: z**2,
        lambda g, d, z: (2 * g[0] * z, 2 * d * g[0]),
        lambda g, d, z: (2 * g[0] * z, 2 * d * np.conj(g[0])),
        {"complex_convention": "jax"},
    ),
    "real argument": (
        lambda x: np.exp(1j * x),
        lambda g, d, x: (1j * g[0] * np.exp(1j * x), np.real(-np.conj(d) * np.exp(1j * x) * g[0])),
        lambda g, d, x: (g[0] * np.exp(1j * x), np.real(-np.conj(d) * np.exp(1j * x) * g[0])),
        {"shapes": {"x": "n"}, "values": None},
    ),
    "two outputs": (
        lambda z: (z**2, np.sum(np.abs(z) ** 2)),
        lambda g, d, z: (
            (2 * g[0] * z, 2 * np.sum(np.real(z * np.conj(g[0])))),
            2 * d[0] * np.conj(g[0]) + 2 * d[1] * g[0],
        ),
        lambda g, d, z: (
            (2 * g[0] * z, 2 * np.sum(np.real(z * g[0]))),
            2 * d[0] * np.conj(g[0]) + 2 * d[1] * g[0],
        ),
        {},
    ),
}


@pytest.mark.parametrize("name", DOUBLE)
@pytest.mark.usefixtures("undiagnosed")
def test_double_backward_of_complex_outputs(name):
    forward, right, wrong, options = DOUBLE[name]
    options = {"values": {"z": C}, "shapes": {"z": "n"}, "max_examples": 4, **options}
    options["backends"] = ["finite_difference"]
    assert gradcheck.verify(forward, double_backward=right, **options).verdict == "pass"
    assert gradcheck.verify(forward, double_backward=wrong, **options).verdict == "fail"


def test_a_double_backward_of_complex_outputs_is_answered_by_every_backend_and_proved():
    forward, right, wrong, _ = DOUBLE["holomorphic"]
    options = {"shapes": {"z": "n"}, "values": {"z": C}, "max_examples": 6}
    found = gradcheck.verify(forward, double_backward=right, **options)
    assert (found.strength, {b.verdict for b in found.backends}) == ("proved", {"pass"})
    twin = gradcheck.verify(forward, double_backward=wrong, **options)
    assert (twin.proof.status, twin.diagnosis[0].kind) == ("refuted", "conjugate")


@pytest.mark.parametrize("mode", ["hvp", "hessian"])
def test_second_derivatives_are_those_of_a_real_number(mode):
    with pytest.raises(gradcheck.UsageError, match="those of a real number, and the output is complex"):
        gradcheck.verify(lambda x: np.sum(np.exp(1j * x)), shapes={"x": "n"}, **{mode: lambda *_: None})


def test_an_entry_and_a_hessian_by_complex_numbers_say_what_to_claim():
    formula = gradcheck.formula(shapes={"z": "n"}, values={"z": C})(energy)
    with pytest.raises(gradcheck.UsageError, match="Claim a vjp or a jvp"):
        formula.entry("dJ/dz[i]")(lambda i, delta, z: z)
    with pytest.raises(gradcheck.UsageError, match="Claim an hvp"):
        formula.hessian(lambda z: z)


# -- beside complex numbers


@pytest.mark.usefixtures("undiagnosed")
def test_rows_of_a_batch():
    forward = lambda z, w: z @ w
    right = lambda d, z, w: (np.outer(d, np.conj(w)), np.conj(z).T @ d)
    options = {"shapes": {"z": "b n", "w": "n"}, "values": {"z": C, "w": C}, "batch": "b"}
    assert vjp(forward, right, **options).verdict == "pass"
    mean = lambda d, z, w: (np.outer(d, np.conj(w)), np.conj(z).T @ d / len(d))
    assert vjp(forward, mean, **options).verdict == "fail"


@pytest.mark.usefixtures("undiagnosed")
def test_complex64():
    seen = set()

    def right(delta, z):
        seen.update((delta.dtype.name, z.dtype.name))
        return 2 * delta * np.conj(z)

    assert vjp(lambda z: z * z, right, dtype="float32", max_examples=9).verdict == "pass"
    assert "complex64" in seen
    off = lambda d, z: 2.001 * d * np.conj(z)
    assert vjp(lambda z: z * z, off, dtype="float32", max_examples=2).verdict == "fail"
    with pytest.raises(gradcheck.UsageError, match="named by their parts: 'float32'"):
        vjp(lambda z: z * z, right, dtype="complex64")


def test_a_strategy_of_complex_numbers_is_refused_with_advice():
    from hypothesis import strategies as st

    with pytest.raises(gradcheck.UsageError, match="Give a function"):
        vjp(np.exp, lambda d, z: d, values={"z": st.complex_numbers(max_magnitude=2)})


@pytest.mark.parametrize(
    ("delta", "what"),
    [(np.array([1j]), "what was given is complex"), (lambda s, rng: 1j * np.ones(s), "what was drawn is")],
)
def test_a_complex_delta_of_a_real_output_is_refused(delta, what):
    with pytest.raises(gradcheck.UsageError, match=f"delta: expected real numbers; {what}"):
        gradcheck.verify(lambda x: x**2, lambda d, x: 2 * d * x, {"x": 1}, delta=delta)
