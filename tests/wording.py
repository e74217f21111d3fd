"""What a dependency says, as the installed version says it. Our messages quote some of it; that they do so is
ours, and tested, the words are not.
"""

from typing import Literal

import click
import msgspec
import numpy as np


def said(function, *args):
    """The message of the exception that a call raises."""
    try:
        function(*args)
    except Exception as error:
        return str(error)
    raise AssertionError(f"{function} raised nothing")


def missing_field(name):
    return said(msgspec.convert, {}, msgspec.defstruct("Record", [(name, int)]))


def unknown_field(name):
    return said(msgspec.convert, {name: 1}, msgspec.defstruct("Record", [], forbid_unknown_fields=True))


def wrong_type(value, expected):
    return said(msgspec.convert, value, expected)


def no_such_value(value):
    return said(msgspec.convert, value, Literal["another"])


def missing_argument(name):
    return click.MissingParameter(param_hint=repr(name), param_type="argument").format_message()


def invalid_option(name):
    """What stands before the reason."""
    return click.BadParameter("", param_hint=repr(name)).format_message()


def beyond(index, size):
    return said(np.zeros(size).__getitem__, index)


SINGULAR = said(np.linalg.inv, np.zeros((2, 2)))
NOT_SQUARE = said(np.linalg.inv, np.zeros((2, 3)))
READ_ONLY = said(np.broadcast_to(0.0, (1,)).__setitem__, 0, 1.0)
