"""The drawing of a chain, from its records alone."""

from gradcheck.records.types import ChainLayer
from gradcheck.report.drawing import drawing


def test_the_first_wrong_layer_is_marked():
    """With what is wrong there; layers without a message have none."""
    layers = [
        ChainLayer(name="affine", verdict="pass"),
        ChainLayer(name="tanh", verdict="fail", first_wrong=True, message="dJ/dz is wrong"),
        ChainLayer(name="softmax", verdict="inconclusive", message="after a wrong layer"),
    ]
    assert drawing(layers) == [
        "  1 [ affine  ]  pass",
        "         |",
        "  2 [ tanh    ]  fail          <-- the first wrong layer: dJ/dz is wrong",
        "         |",
        "  3 [ softmax ]  inconclusive  after a wrong layer",
    ]


def test_numbers_of_two_digits_stand_in_line():
    """As many as there are."""
    lines = drawing([ChainLayer(name=f"l{k}", verdict="pass") for k in range(1, 11)])
    assert lines[0] == "   1 [ l1  ]  pass"
    assert lines[-1] == "  10 [ l10 ]  pass"
    assert len(lines) == 19


def test_text_of_the_users_drives_no_terminal_and_keeps_to_its_line():
    """Control characters, newlines, and a message without end."""
    layer = ChainLayer(name="a\x1b[31m\nb", verdict="error", message="one\ntwo \x00" + "x" * 1000)
    (line,) = drawing([layer])
    assert line.startswith("  1 [ a[31m b ]  error  one two xxx")
    assert line.endswith("more characters)")
    assert "\n" not in line


def test_nothing_is_drawn_of_nothing():
    """A claim that is no chain's."""
    assert drawing([]) == []
