"""Sealing bytes: AES-256-GCM bound to its place, X25519 for what is meant for another organisation.

AES-GCM: NIST SP 800-38D, random 96-bit nonces. The key agreement is X25519 (RFC 7748) with HKDF-SHA256
(RFC 5869), both public keys in the HKDF info, as in RFC 9180's base mode.
"""

from __future__ import annotations

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.errors import N_, Unready

_FORMAT = b"\x01"
_STAMP = b"\x02"
_STAMP_BYTES = 5
_NONCE = 12
_TAG = 16
_POINT = 32
_BLOCK = 64


class Unsealable(Unready):
    """A sealed value does not open: the wrong key, the wrong place, or damage."""

    message = N_("A sealed value could not be opened. Tell whoever runs this server.")


def new_key() -> bytes:
    """A fresh 256-bit key."""
    return AESGCM.generate_key(256)


def place(*parts: object) -> bytes:
    """Associated data naming where a value stands. Each part carries its length, so no two places are alike."""
    out = b""
    for part in parts:
        raw = part if isinstance(part, bytes) else str(part).encode()
        out += len(raw).to_bytes(4, "big") + raw
    return out


def seal(key: bytes, value: bytes, where: bytes) -> bytes:
    """Encrypt `value` for the place `where`. The length is hidden up to the next 64 bytes."""
    nonce = os.urandom(_NONCE)
    return _FORMAT + nonce + AESGCM(key).encrypt(nonce, _pad(value), where)


def unseal(key: bytes, sealed: bytes, where: bytes) -> bytes:
    """The value again. Raises Unsealable when key, place or bytes are not what they were."""
    if sealed[:1] != _FORMAT or len(sealed) < len(_FORMAT) + _NONCE + _TAG:
        raise Unsealable
    try:
        return _unpad(AESGCM(key).decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], where))
    except InvalidTag as error:
        raise Unsealable from error


def stamp(version: int, value: bytes) -> bytes:
    """`value` with the version (1 to 2³¹-1) of the key that it needs written before it, where the database reads it."""
    return stamp_of(version) + value


def stamp_of(version: int) -> bytes:
    """What `stamp` writes before a value: five bytes."""
    return _STAMP + version.to_bytes(_STAMP_BYTES - 1, "big")


def stamped(value: bytes) -> tuple[int, bytes]:
    """The version and the value that `stamp` put together. Raises Unsealable."""
    if value[:1] != _STAMP or len(value) < _STAMP_BYTES:
        raise Unsealable
    return int.from_bytes(value[1:_STAMP_BYTES], "big"), value[_STAMP_BYTES:]


def derive(key: bytes, purpose: str) -> bytes:
    """A key for one purpose from another key (HKDF-SHA256)."""
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"spean " + purpose.encode()).derive(key)


def keyed_hash(key: bytes, value: str) -> bytes:
    """A hash that only the key's holder can compute (HMAC-SHA256)."""
    return hmac.new(key, value.encode(), hashlib.sha256).digest()


def new_pair() -> tuple[bytes, bytes]:
    """A private and a public X25519 key, raw, 32 bytes each."""
    private = X25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


def public_of(private: bytes) -> bytes:
    """The public half of a private X25519 key."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def seal_to(public: bytes, value: bytes, where: bytes) -> bytes:
    """Encrypt `value` so that only the holder of the private key opens it."""
    once = X25519PrivateKey.generate()
    point = once.public_key().public_bytes_raw()
    shared = once.exchange(X25519PublicKey.from_public_bytes(public))
    return point + seal(_agreed(shared, point, public), value, where)


def unseal_from(private: bytes, sealed: bytes, where: bytes) -> bytes:
    """What was sealed to the public half of `private`. Raises Unsealable."""
    own = X25519PrivateKey.from_private_bytes(private)
    point = sealed[:_POINT]
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(point))
    except ValueError as error:
        raise Unsealable from error
    return unseal(_agreed(shared, point, own.public_key().public_bytes_raw()), sealed[_POINT:], where)


def _agreed(shared: bytes, point: bytes, public: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"spean wrap" + point + public).derive(shared)


def _pad(value: bytes) -> bytes:
    framed = len(value).to_bytes(4, "big") + value
    return framed + bytes(-len(framed) % _BLOCK)


def _unpad(framed: bytes) -> bytes:
    length = int.from_bytes(framed[:4], "big")
    if length > len(framed) - 4:
        raise Unsealable
    return framed[4 : 4 + length]
