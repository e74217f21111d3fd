"""What is said of one claim in a note of a few lines."""

from gradcheck.notes import check_text

__all__ = ["verdict"]


def verdict(text, claim=""):
    """The verdict of the last claim of a note that holds a text and a claim."""
    return check_text(f"{text}\n\n{claim}\n", "note.md").claims[-1].verdict
