"""Arrays go into records and come back bit for bit, and what is no array is refused."""

import base64

import ml_dtypes
import msgspec
import numpy as np
import pytest

from gradcheck.errors import UsageError
from gradcheck.records.arrays import DTYPES, decode, encode
from gradcheck.records.types import ArrayRecord


def b64(array):
    return base64.b64encode(array.tobytes()).decode()


@pytest.mark.parametrize("dtype", [d for d in DTYPES if d != "bfloat16"])
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (2, 1, 4), (0,), (2, 0)])
def test_every_dtype_and_shape_comes_back(dtype, shape):
    array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)

    record = encode(array)

    assert (record.dtype, tuple(record.shape)) == (dtype, shape)
    back = decode(record)
    assert back.dtype == array.dtype
    assert back.tobytes() == array.tobytes()
    back[...] = 0  # it is the reader's own


def test_bits_that_decimals_cannot_say_come_back():
    payload = np.array([0x7FF8000000000123, 0xFFF0000000000000, 0x8000000000000000, 1], dtype="<u8").view(
        "<f8"
    )

    assert decode(encode(payload)).tobytes() == payload.tobytes()
    assert encode(payload).dec is None


def test_negative_zero_keeps_its_sign_in_decimals():
    assert str(encode(np.array(-0.0)).dec) == "[-0.0]"


def test_foreign_byte_orders_and_strides_are_straightened():
    array = np.arange(12, dtype=">f8").reshape(3, 4).T[::-1]

    record = encode(array)

    assert record.dtype == "<f8"
    assert np.array_equal(decode(record), array)
    assert record.dec == array.ravel().tolist()


def test_decimals_of_float32_are_its_own_shortest():
    values = np.random.default_rng(1).standard_normal(64).astype("<f4")

    record = encode(values)

    assert encode(np.float32(0.1)).dec == [0.1]
    assert np.array_equal(np.array(record.dec).astype("<f4"), values)


@pytest.mark.parametrize(
    ("array", "has_decimals"),
    [
        (np.zeros(64), True),
        (np.zeros(65), False),
        (np.array([np.inf]), False),
        (np.array([2**53]), True),
        (np.array([2**53 + 1]), False),
        (np.array([True]), True),
    ],
)
def test_decimals_stand_only_where_they_are_exact_and_few(array, has_decimals):
    assert (encode(array).dec is not None) == has_decimals


@pytest.mark.parametrize("array", [np.array(1j), np.array(["a"]), np.array([None]), np.longdouble(1)])
def test_what_another_machine_could_not_hold_is_refused(array):
    with pytest.raises(UsageError, match="cannot be recorded"):
        encode(array)


ONE = b64(np.array([1.0]))


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (ArrayRecord(dtype="<c16", shape=[1], b64=ONE), "unknown dtype"),
        (ArrayRecord(dtype=">f8", shape=[1], b64=ONE), "unknown dtype"),
        (ArrayRecord(dtype="O", shape=[1], b64=ONE), "unknown dtype"),
        (ArrayRecord(dtype="<f8", shape=[2], b64=ONE), "8 bytes, but .* takes 16"),
        (ArrayRecord(dtype="<f8", shape=[0], b64=ONE), "8 bytes, but .* takes 0"),
        (ArrayRecord(dtype="<f8", shape=[-1, -1], b64=ONE), "negative size"),
        (ArrayRecord(dtype="<f8", shape=[2**70], b64=ONE), "8 bytes, but"),
        (ArrayRecord(dtype="<f8", shape=[0, 2**70], b64=""), "cannot be made"),
        (ArrayRecord(dtype="<f8", shape=[1] * 100, b64=ONE), "cannot be made"),
        (ArrayRecord(dtype="<f8", shape=[1], b64="!!!!"), "no base64"),
        (ArrayRecord(dtype="<f8", shape=[1], b64=ONE + "\n"), "no base64"),
        (ArrayRecord(dtype="<f8", shape=[1], b64="é"), "no base64"),
        (ArrayRecord(dtype="|b1", shape=[1], b64=b64(np.array([2], "u1"))), "byte 0 or 1"),
        (ArrayRecord(dtype="<f8", shape=[1], b64=ONE, dec=[1.0, 2.0]), "2 entries"),
        (ArrayRecord(dtype="<f8", shape=[1], b64=ONE, dec=[1.0000000001]), "entry 0 is 1.0 in b64"),
        (ArrayRecord(dtype="<f8", shape=[1], b64=b64(np.array([np.nan])), dec=[0.0]), "entry 0 is nan"),
        (ArrayRecord(dtype="<i8", shape=[1], b64=b64(np.array([1])), dec=[1.5]), "entry 0 is 1 in b64"),
        (ArrayRecord(dtype="<f4", shape=[1], b64=b64(np.float32([1])), dec=[1e300]), "entry 0"),
    ],
)
def test_records_that_contradict_themselves_are_refused(record, message):
    with pytest.raises(UsageError, match=message):
        decode(record)


@pytest.mark.parametrize("dec", [None, [1.0], [1]])
def test_the_same_record_told_right_is_read(dec):
    assert decode(ArrayRecord(dtype="<f8", shape=[1], b64=ONE, dec=dec)).tolist() == [1.0]


def test_bfloat16_goes_by_its_name_and_comes_back_bit_for_bit():
    values = np.array([[0.1, -3.0], [np.inf, 0.0]]).astype(ml_dtypes.bfloat16)
    record = encode(values)
    assert (record.dtype, record.shape, record.dec) == ("bfloat16", [2, 2], None)
    again = decode(record)
    assert again.dtype == values.dtype
    assert again.tobytes() == values.tobytes()
    few = encode(values[0])
    assert np.array_equal(np.array(few.dec).astype(values.dtype), values[0])
    assert np.array_equal(decode(few), values[0])
    with pytest.raises(UsageError, match="b64 is the authority"):
        decode(msgspec.structs.replace(few, dec=[0.1, 3.0]))
