"""Sealing: nothing that people wrote is stored in clear, and nobody's name stands in a key or a log.

A sealed value is self-contained: it carries a random data key, wrapped by a master key whose id it
names. Each value has a data key of its own, or shares that of a value it stands beside (the turns of a
session). To rotate the master keys, only the wrapping is renewed (`rewrapped`); to delete the values is
to delete their key. `context` says what a value is and where it belongs, and is authenticated: a value
moved elsewhere in the store does not open.

    1 byte   schema: 1, or 2 where the data are deflated; a replica that cannot read it raises TooNew
    4 bytes  id of the master key
    16 bytes salt: the wrapping key is HMAC-SHA256(master key, salt), used once, so its nonce is constant
    48 bytes the data key, AES-256-GCM under the wrapping key
    12 bytes nonce
    the data, AES-256-GCM under the data key, with its 16-byte tag

No key ever comes near the number of values that random nonces allow (NIST SP 800-38D, 8.3).

Tags are keyed hashes under an index key, which is made once for a store, kept in it sealed, and stays
the same when the master keys rotate (core/store/keyring.py).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import zlib
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import ConfigurationError, Tampered, TooNew, UnknownKey
from core.language.operators import Phrase, os_reason
from core.telemetry import log, metrics

SCHEMA, PACKED = 1, 2
"""What this version writes; `PACKED`: the data are deflated (long texts)."""
NEWEST = PACKED
"""What this version reads, at most."""
SHORTEST_SECRET = 32
SETTING = "RELAIS_STORE__KEYS"
_WORTH_IT = 1024
"""Bytes from which on data are deflated."""
_ONCE = bytes(12)
_NONCE = 12
_WRAPPING = b"relais data key"
_HEADER = 1 + 4 + 16 + 48


class Keys:
    """Master keys, newest first."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """From the setting's secrets. Raises ConfigurationError when there is none or one is too weak."""
        if not secrets:
            raise ConfigurationError(SETTING, "keys.none", key=generate())
        self._keys = {_id(master): HMAC(master, SHA256()) for master in map(_master, secrets)}
        self.newest = next(iter(self._keys))

    @property
    def former(self) -> tuple[bytes, ...]:
        return tuple(id for id in self._keys if id != self.newest)

    def adopt(self, keys: Keys) -> None:
        """Become these, for all who hold us: the file that they are in has changed."""
        self._keys, self.newest = keys._keys, keys.newest

    def __repr__(self) -> str:
        return f"Keys({', '.join(id.hex() for id in self._keys)})"

    def wrapping(self, id: bytes, salt: bytes) -> AESGCM:
        """What wraps one data key: HMAC-SHA256(master key, salt). Raises UnknownKey."""
        try:
            keyed = self._keys[id].copy()
        except KeyError:
            raise UnknownKey(Phrase("keys.absent", id=id.hex(), setting=SETTING)) from None
        keyed.update(salt)
        return AESGCM(keyed.finalize())


class Vault:
    """Seals and opens values, and makes tags. All methods are pure computation, a few µs each."""

    def __init__(self, keys: Keys, *, index: bytes) -> None:
        self.keys = keys
        self._index = index

    def seal(self, data: bytes, *, context: str, beside: bytes | None = None, schema: int = SCHEMA) -> bytes:
        """`beside` is a sealed value whose data key is to be shared, unless that is under an older master, or
        of another schema. `schema` is raised with each change that the version before cannot read."""
        version = bytes([schema])
        if beside is not None and beside[:5] == version + self.keys.newest:
            header = beside[:_HEADER]
            data_key = _unwrap(self.keys, header)
        else:
            data_key = os.urandom(32)
            header = _wrap(self.keys, data_key, schema=version)
        nonce = os.urandom(_NONCE)
        return header + nonce + AESGCM(data_key).encrypt(nonce, data, context.encode())

    def seal_packed(self, data: bytes, *, context: str, always: bool = False) -> bytes:
        """The same in less room, where the data are long enough for it: a third for a French text. `always`:
        at any length, for what the version before must give back untouched."""
        packed = zlib.compress(data) if always or len(data) >= _WORTH_IT else data
        if len(packed) >= len(data) and not always:
            return self.seal(data, context=context)
        return self.seal(packed, context=context, schema=PACKED)

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """Raises UnknownKey, TooNew or Tampered."""
        return Opener(self.keys).open(sealed, context=context)

    def try_open(self, sealed: bytes, *, context: str) -> bytes | None:
        """The same, or None for a value that was not sealed for this place: it counts as missing.

        Raises UnknownKey, TooNew."""
        try:
            return self.open(sealed, context=context)
        except Tampered as error:
            log.warning("sealed_value_refused", reason=str(error))
            return None

    @property
    def newest(self) -> str:
        """The id of the master key that is sealed with."""
        return self.keys.newest.hex()

    @property
    def former(self) -> tuple[str, ...]:
        return tuple(id.hex() for id in self.keys.former)

    def rewrapped(self, data: bytes) -> bytes:
        """The same with every sealed value in it, wherever it begins, under the newest master key. The data
        themselves are not opened, and the length stays."""
        for former in self.keys.former:
            at = data.find(former, 1)
            while at >= 0:
                header = data[at - 1 : at - 1 + _HEADER]
                with suppress(Tampered):  # else these bytes are no header
                    again = _wrap(self.keys, _unwrap(self.keys, header), schema=header[:1])
                    data = data[: at - 1] + again + data[at - 1 + _HEADER :]
                at = data.find(former, at + 1)
        return data

    def tag(self, *names: str) -> str:
        """32 hexadecimal digits that stand for `names`, of which the first says the kind: `tag("person", id)`
        for a person in the index of sessions, in audit and in logs."""
        return _tag(self._index, *names)


@lru_cache(maxsize=1024)  # a job asks for the same few again and again
def _tag(index: bytes, *names: str) -> str:
    data = "\0".join(names).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, key=index, digest_size=16).hexdigest()


class Opener:
    """Opens values, and remembers their data keys while it lives: quick for many that share keys."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._data_keys: dict[bytes, AESGCM] = {}

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """Raises UnknownKey, TooNew or Tampered."""
        header = sealed[:_HEADER]
        key = self._data_keys.get(header)
        if key is None:
            key = self._data_keys[header] = AESGCM(_unwrap(self._keys, header))
        if header[0] > NEWEST:  # which is authentic, since the data key is bound to it
            raise _too_new(context.partition("|")[0], header[0])
        body = _HEADER + _NONCE
        try:
            data = key.decrypt(sealed[_HEADER:body], sealed[body:], context.encode())
            return zlib.decompress(data) if header[0] == PACKED else data
        except (InvalidTag, ValueError, zlib.error):
            raise Tampered(Phrase("keys.damaged", kind=context.partition("|")[0])) from None


def _too_new(kind: str, schema: int) -> TooNew:
    metrics.too_new.labels(kind).inc()
    return TooNew(Phrase("keys.too_new", kind=kind, schema=schema, newest=NEWEST))


def _wrap(keys: Keys, data_key: bytes, *, schema: bytes) -> bytes:
    head, salt = schema + keys.newest, os.urandom(16)
    return head + salt + keys.wrapping(keys.newest, salt).encrypt(_ONCE, data_key, _WRAPPING + head)


def _unwrap(keys: Keys, header: bytes) -> bytes:
    if len(header) < _HEADER or header[0] < 1:
        raise Tampered(Phrase("keys.unsealed"))
    head, salt, wrapped = header[:5], header[5:21], header[21:]
    wrapping = keys.wrapping(head[1:], salt)
    try:
        return wrapping.decrypt(_ONCE, wrapped, _WRAPPING + head)
    except InvalidTag:
        raise Tampered(Phrase("keys.data_key")) from None


def generate() -> str:
    """A new secret for RELAIS_STORE__KEYS: 256 bits, base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def folder_keys(data_dir: Path) -> Keys:
    """The keys of the embedded store: `store.key` in the data folder, made (mode 600) when missing.

    One secret a line, newest first. Raises ConfigurationError when the file cannot be used.
    """
    path = data_dir / "store.key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _write_new(path, generate() + "\n")
        return Keys(path.read_text().split())
    except OSError as error:
        raise ConfigurationError("RELAIS_DATA_DIR", "keys.file", path=path, why=os_reason(error)) from None


def new_folder_key(data_dir: Path) -> Keys:
    """A new key before that of the embedded store; with several already, the rotation that made the first
    one is gone on with. Raises ConfigurationError."""
    keys = folder_keys(data_dir)
    if not keys.former:
        path = data_dir / "store.key"
        _replace(path, f"{generate()}\n{path.read_text()}")
    return folder_keys(data_dir)


def drop_former_folder_keys(data_dir: Path) -> None:
    """Keep the newest key of the embedded store only."""
    path = data_dir / "store.key"
    _replace(path, path.read_text().split()[0] + "\n")


def _replace(path: Path, text: str) -> None:
    partial = path.with_suffix(f".{os.getpid()}")
    _write(partial, text)
    partial.replace(path)


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)


def _write_new(path: Path, text: str) -> None:
    """Whole or not at all, also after a crash: a key half written would lock its data up for ever."""
    partial = path.with_suffix(f".{os.getpid()}")
    _write(partial, text)
    try:
        path.hardlink_to(partial)  # the first of two writers wins
    except FileExistsError:
        pass
    finally:
        partial.unlink()


def _master(secret: str) -> bytes:
    """The master key of a secret: base64 of at least 32 bytes, or any text of at least 32 characters."""
    try:
        raw = base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) < SHORTEST_SECRET:
        raw = secret.encode()
    if len(raw) < SHORTEST_SECRET:
        raise ConfigurationError(SETTING, "keys.short", least=SHORTEST_SECRET)
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"relais master key").derive(raw)


def _id(master: bytes) -> bytes:
    return hashlib.blake2b(master, digest_size=4, person=b"relais key id").digest()
