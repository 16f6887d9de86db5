"""Sealing holds for every value, place and key, and what was sealed once opens for ever."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.core import crypto
from app.core.kek import HeldKeys

PARTS = st.lists(st.binary(max_size=6), max_size=5).map(tuple)
VALUES = st.binary(max_size=200)
PLACES = PARTS.map(lambda parts: crypto.place(*parts))
KEYS = st.binary(min_size=32, max_size=32)

Opening = Callable[[bytes, bytes, bytes], bytes]

KEY = bytes(range(32))
PRIVATE = bytes(range(1, 33))
WHERE = crypto.place("clients", "name", 7)
SEALED = bytes.fromhex(
    "01000102030405060708090a0b4702d614247b5dfa12d376152708e6db62481434f07b5f7c3867e5851d6900b20110aefcafc1129874"
    "a47fed88872838ee59608d5ad6a3da3f972a1918e3f5ee156919abd0bb8212ddc17e0ca6028345"
)
WRAPPED = bytes.fromhex(
    "01000102030405060708090a0b4702d63bc5e5c21b8d41978bb1e9786d83d68734f07b5f7c3867e5851d6900b20110aefcafc1129874"
    "a47fed88872838ee59608d5ad6a3da3f972a1918e3f5ee87aac35ded859635b7a309b9296448b8"
)
SENT = bytes.fromhex(
    "9eb267a7918e91db2021fe6cd8f8eca2646c7d046fd458a2d705f19c0537c17901000102030405060708090a0bbb01dd16923adec8a8"
    "61fe4af203402ec146d6289198ab61856b538ed38abc2743c618259d3af61eff4ccb3e0d1486698cc1219a9beda7c7784acd57466265"
    "3e818368c3886451f3bf22456fa4cd115e"
)


@given(PARTS, PARTS)
def test_no_two_places_are_alike(one: tuple[bytes, ...], other: tuple[bytes, ...]) -> None:
    assert (crypto.place(*one) == crypto.place(*other)) == (one == other)


@given(st.binary(max_size=12), st.data())
def test_moving_a_border_between_parts_is_another_place(whole: bytes, data: st.DataObject) -> None:
    cuts = st.integers(0, len(whole))
    one, other = data.draw(cuts), data.draw(cuts)
    assume(one != other)
    assert crypto.place(whole[:one], whole[one:]) != crypto.place(whole[:other], whole[other:])


@given(KEYS, VALUES, PLACES)
def test_what_was_sealed_opens(key: bytes, value: bytes, where: bytes) -> None:
    assert crypto.unseal(key, crypto.seal(key, value, where), where) == value


@given(KEYS, VALUES, PLACES)
def test_what_was_sealed_to_somebody_opens(private: bytes, value: bytes, where: bytes) -> None:
    sealed = crypto.seal_to(crypto.public_of(private), value, where)
    assert crypto.unseal_from(private, sealed, where) == value


@given(st.integers(0, 400))
def test_a_length_shows_in_steps_of_64_bytes_alone(length: int) -> None:
    """Four bytes of length stand before the value; format, nonce and tag take 29."""
    assert len(crypto.seal(KEY, bytes(length), WHERE)) == 29 + -(-(length + 4) // 64) * 64


@given(VALUES, st.data())
def test_a_flipped_bit_opens_nothing(value: bytes, data: st.DataObject) -> None:
    for open_, key, sealed in both(value):
        bad = bytearray(sealed)
        bad[data.draw(st.integers(0, len(bad) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        with pytest.raises(crypto.Unsealable):
            open_(key, bytes(bad), WHERE)


def test_no_beginning_of_a_sealed_value_opens() -> None:
    for open_, key, sealed in both(b"bridge"):
        for length in range(len(sealed)):
            with pytest.raises(crypto.Unsealable):
                open_(key, sealed[:length], WHERE)


@given(st.binary(max_size=150))
def test_any_bytes_at_all_open_nothing(rubbish: bytes) -> None:
    for sealed in (rubbish, b"\x01" + rubbish):
        with pytest.raises(crypto.Unsealable):
            crypto.unseal(KEY, sealed, WHERE)
        with pytest.raises(crypto.Unsealable):
            crypto.unseal_from(PRIVATE, sealed, WHERE)


@given(VALUES, PLACES)
def test_another_place_opens_nothing(value: bytes, where: bytes) -> None:
    assume(where != WHERE)
    for open_, key, sealed in both(value):
        with pytest.raises(crypto.Unsealable):
            open_(key, sealed, where)


@given(VALUES)
def test_another_key_opens_nothing(value: bytes) -> None:
    other = bytes(range(100, 132))
    for open_, _, sealed in both(value):
        with pytest.raises(crypto.Unsealable):
            open_(other, sealed, WHERE)


@given(st.integers(1, 2**31 - 1), VALUES)
def test_a_stamp_is_read_again(version: int, value: bytes) -> None:
    assert crypto.stamped(crypto.stamp(version, value)) == (version, value)


def test_what_was_sealed_once_opens_for_ever() -> None:
    """Fixed bytes: were the format, the padding, a place or a derivation to change, none of these would open."""
    assert crypto.unseal(KEY, SEALED, WHERE).decode() == "ស្ពាន"
    assert crypto.unseal_from(PRIVATE, SENT, WHERE) == b"bridge"
    assert HeldKeys({2: KEY}).unwrap(2, WRAPPED, WHERE) == bytes(32)
    assert crypto.stamped(bytes.fromhex("0200000003") + SEALED) == (3, SEALED)
    assert crypto.place("clients", "name", 7).hex() == "00000007636c69656e7473000000046e616d650000000137"
    hashed = crypto.keyed_hash(crypto.derive(KEY, "phones"), "012")
    assert hashed.hex() == "16b16ff5079cd1f2eebf3843ac1019b25bdcae0826ec80d6ae4cacc5d99fb502"


def test_a_wrap_says_its_version() -> None:
    """The same key under another version's number does not open it."""
    with pytest.raises(crypto.Unsealable):
        HeldKeys({3: KEY}).unwrap(3, WRAPPED, WHERE)


def both(value: bytes) -> tuple[tuple[Opening, bytes, bytes], ...]:
    """How a value is opened, with which key, and the value sealed: under a key, and to a person's public key."""
    return (
        (crypto.unseal, KEY, crypto.seal(KEY, value, WHERE)),
        (crypto.unseal_from, PRIVATE, crypto.seal_to(crypto.public_of(PRIVATE), value, WHERE)),
    )
