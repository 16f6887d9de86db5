"""The key-encryption key: the one secret that is never in the database, in as many versions as are in use.

Whoever wraps or unwraps an organisation's keys asks a `KeyEncryption`. The one here holds the keys in memory; a key
management service that never gives its keys away can stand in its place, since nobody asks for the bytes.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from app.core import crypto
from app.core.errors import BadSetting

SOURCES = ("SPEAN_KEK", "SPEAN_KEK_FILE", "SPEAN_KEK_COMMAND")
COMMAND_SECONDS = 30.0
_KEY = 32
_MOST_BYTES = 64 * 1024
_ENTRY = re.compile(r"(?:([1-9][0-9]{0,5}):)?([A-Za-z0-9+/=]+)")


class KeyEncryption(Protocol):
    """What wraps the organisations' keys (NIST SP 800-57 part 1, 5.3.6: key-encryption and data keys apart)."""

    @property
    def versions(self) -> frozenset[int]:
        """The versions that can be asked for."""

    def wrap(self, version: int, key: bytes, where: bytes) -> bytes:
        """Wrap `key` for the place `where`. Raises crypto.Unsealable for a version that is not here."""

    def unwrap(self, version: int, wrapped: bytes, where: bytes) -> bytes:
        """The key again. Raises crypto.Unsealable."""


@dataclass(frozen=True)
class HeldKeys:
    """Key-encryption keys in memory: version → 32 bytes."""

    keys: Mapping[int, bytes] = field(repr=False)

    @property
    def versions(self) -> frozenset[int]:
        return frozenset(self.keys)

    def wrap(self, version: int, key: bytes, where: bytes) -> bytes:
        return crypto.seal(self._key(version), key, where + crypto.place("kek", version))

    def unwrap(self, version: int, wrapped: bytes, where: bytes) -> bytes:
        return crypto.unseal(self._key(version), wrapped, where + crypto.place("kek", version))

    def _key(self, version: int) -> bytes:
        try:
            return self.keys[version]
        except KeyError as error:
            raise crypto.Unsealable from error


def load(environ: Mapping[str, str]) -> HeldKeys:
    """The keys from SPEAN_KEK, the file SPEAN_KEK_FILE or what SPEAN_KEK_COMMAND prints. Raises BadSetting."""
    given = [name for name in SOURCES if environ.get(name, "").strip()]
    if not given:
        raise BadSetting(f"The key-encryption key is missing: set {', '.join(SOURCES[:-1])} or {SOURCES[-1]}.")
    if len(given) > 1:
        raise BadSetting(f"{' and '.join(given)} are both set: the key-encryption key comes from one of them.")
    value = environ[given[0]].strip()
    if given[0] == "SPEAN_KEK_FILE":
        return parse(_from_file(value))
    if given[0] == "SPEAN_KEK_COMMAND":
        return parse(_from_command(value, environ))
    return parse(value)


def parse(text: str) -> HeldKeys:
    """One key in base64 (version 1), or VERSION:BASE64 for each, apart by white space. Raises BadSetting.

    The sentences never quote what was given: it is a key, or nearly one.
    """
    entries = text.split()
    if not entries:
        raise BadSetting("The key-encryption key is empty.")
    found: dict[int, bytes] = {}
    for entry in entries:
        matched = _ENTRY.fullmatch(entry)
        if matched is None:
            raise BadSetting("The key-encryption key is not base64.")
        if matched[1] is None and len(entries) > 1:
            raise BadSetting("Several key-encryption keys are given: write each as VERSION:BASE64, such as 2:…")
        version = int(matched[1] or 1)
        if version in found:
            raise BadSetting(f"Version {version} of the key-encryption key is given twice.")
        found[version] = _decoded(matched[2])
    if len(set(found.values())) < len(found):
        raise BadSetting("Two versions of the key-encryption key are the same key.")
    return HeldKeys(found)


def _decoded(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSetting("The key-encryption key is not base64.") from error
    if len(key) != _KEY:
        raise BadSetting("The key-encryption key must be 32 bytes.")
    return key


def _from_file(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting("The file that SPEAN_KEK_FILE names cannot be read.") from error


def _from_command(line: str, environ: Mapping[str, str]) -> str:
    """What the command prints. No shell reads it, it is given none of Spean's secrets, and its stderr is not shown."""
    try:
        words = shlex.split(line)
    except ValueError:
        raise BadSetting("SPEAN_KEK_COMMAND cannot be read: a quotation mark is open.") from None
    env = {name: value for name, value in environ.items() if not name.startswith("SPEAN_")}
    try:
        ended = subprocess.run(  # noqa: S603 - the operator's own words, and no shell
            words,
            env={"PATH": os.defpath, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BadSetting(f"SPEAN_KEK_COMMAND gave no key within {COMMAND_SECONDS:g} seconds.") from None
    except OSError as error:
        raise BadSetting(f"The program that SPEAN_KEK_COMMAND names cannot be run: {error.strerror}.") from None
    if ended.returncode != 0:
        raise BadSetting(f"SPEAN_KEK_COMMAND ended with code {ended.returncode} and gave no key. Run it by hand.")
    if len(ended.stdout) > _MOST_BYTES:
        raise BadSetting("What SPEAN_KEK_COMMAND prints is too long to be a key.")
    try:
        return ended.stdout.decode("ascii")
    except UnicodeDecodeError:
        raise BadSetting("What SPEAN_KEK_COMMAND prints is not base64.") from None
