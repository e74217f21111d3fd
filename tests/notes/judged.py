"""What is said of one claim in a note of a few lines."""

from gradcheck.notes import check_text

__all__ = ["told_apart", "verdict"]


def verdict(text, claim=""):
    """The verdict of the last claim of a note that holds a text and a claim."""
    return check_text(f"{text}\n\n{claim}\n", "note.md").claims[-1].verdict


def told_apart(text, right, wrong):
    """Whether the right claim of a note is right and its wrong twin, where there is one, is found wrong."""
    if (found := verdict(text, right)) not in {"right", "right-if"}:
        return f"the right one is {found}"
    if wrong is not None and (found := verdict(text, wrong)) != "wrong":
        return f"the wrong one is {found}"
    return True
