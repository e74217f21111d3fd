"""One short check of an adapter's pair."""

import pytest

import gradcheck


@pytest.fixture
def checked():
    """`checked(pair, **shapes)`: the result of `verify` at the planned shapes and a few more."""

    def check(pair, values=None, where=None, backends=None, **shapes):
        return gradcheck.verify(
            *pair, shapes=shapes, values=values, where=where, backends=backends, max_examples=16
        )

    return check
