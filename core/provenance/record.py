"""What proves that a text is an answer of ours: a signed record that travels with it, and a register.

The record of one text is a JSON Web Token (RFC 7519) under an Ed25519 key (EdDSA, RFC 8037). Whoever has the
public keys (`/provenance/keys`, RFC 7517) verifies a record without relais. It binds the words of a text, not
its look: the digest is of letters and figures in lower case and of the signs that change what a figure says,
so that an answer copied without its markup, or laid out anew, still is the text that was signed. Where words
are parted does not count either, for a line may end within a long address; but « 1,5 » is not « 15 », nor
« -10 € » « 10 % ».

The register recognises an answer that was copied, shortened or edited, and keeps none of its words.

Of each answer some groups of three words are hashed under a key that the store does not hold. A hash names
a cell of a table, and in the cell stands a number for the answer; no more is kept. A text is looked up by all
its groups: where many cells hold one and the same number, the text was taken from that answer. Chance does
not do that: groups that people share by habit lead to many numbers, each a few times.

A table has `CELLS` cells of four bytes and takes `ANSWERS` answers, so that few cells are written twice. A
day has as many tables as it needs; they go when the retention is over (`[retention] register_days`). Eight
more cells of an answer, by the digest of all its words, tell that a text is whole.

    23 bits  the answer: a hash of its turn
    1 bit    did a model write in it?
    6 bits   how many groups stand for it, by four
    2 bits   of how many neighbouring groups each was chosen: 1, 2, 4 or 8
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any, Literal, TypeVar

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.connector import Draft
from core.sensitivity.level import Level
from core.store.valkey import Store
from core.store.wire import Command
from core.vault import Vault

T = TypeVar("T")

ISSUER = "relais"
_KIND = "relais-provenance+jwt"
_WORD = re.compile(r"[^\W_]+")
_SIGNED = re.compile(r"[^\W_]+|[%‰€$£≤≥≠±−]|-(?<![\w-].)(?=\d)")
_GAP = re.compile(r" (?:(?<!\d.)|(?!\d))")
"""A space, but between two figures."""
SOURCE_TYPES: Mapping[bool, str] = {
    True: "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    False: "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
}
"""By whether a model wrote in a text, the IPTC's term for it (NewsCodes, Digital Source Type)."""
Unproven = Literal["broken", "unknown_key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRecord:
    """What is signed of a text. `models` are those that wrote in it; `generated` is false where no model did
    (extracts, words of relais itself). `digest` is that of the text's words (`digest_of`)."""

    version: str
    at: int
    level: Level
    generated: bool
    models: tuple[str, ...] = ()
    digest: str

    def covers(self, text: str) -> bool:
        """Does the record belong to this text, whatever its markup and spaces?"""
        return digest_of(text) == self.digest


def words_of(text: str) -> list[str]:
    """The words of a text: letters and figures, in one form and in lower case."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def digest_of(text: str) -> str:
    """SHA-256 of the words of a text and of its signs, base64url."""
    signs = _SIGNED.findall(unicodedata.normalize("NFKC", text).casefold())
    joined = _GAP.sub("", " ".join(signs))
    return _encoded(hashlib.sha256(joined.encode("utf-8", "replace")).digest())


def verified(token: str, keys: Mapping[str, Ed25519PublicKey]) -> AnswerRecord | Unproven:
    """Read a token and check its signature; `unknown_key`: it names none of these keys."""
    try:
        head = jwt.get_unverified_header(token)
        key = keys.get(str(head.get("kid")))
        if head.get("typ") != _KIND:
            return "broken"
        if key is None:
            return "unknown_key"
        claims = jwt.decode(token, key, algorithms=["EdDSA"], issuer=ISSUER, options={"verify_iat": False})
        return _read(claims)
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):
        return "broken"


def _read(claims: Mapping[str, Any]) -> AnswerRecord:
    return AnswerRecord(
        version=str(claims["ver"]),
        at=int(claims["iat"]),
        level=Level.parse(str(claims["lvl"])),
        generated=bool(claims["gen"]),
        models=tuple(map(str, claims["mdl"])),
        digest=str(claims["txt"]),
    )


def key_id(key: Ed25519PublicKey) -> str:
    """The thumbprint of a public key (RFC 7638, RFC 8037 A.3), which names it in tokens."""
    form = f'{{"crv":"Ed25519","kty":"OKP","x":"{_x(key)}"}}'
    return _encoded(hashlib.sha256(form.encode()).digest())


def key_set(keys: Mapping[str, Ed25519PublicKey]) -> dict[str, list[dict[str, str]]]:
    """Public keys as a JSON Web Key Set, as `/provenance/keys` serves them."""
    return {
        "keys": [
            {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": id, "x": _x(key)}
            for id, key in keys.items()
        ]
    }


def _x(key: Ed25519PublicKey) -> str:
    return _encoded(key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Signer:
    """Signs with the newest of some keys. `clock`: seconds since 1970."""

    def __init__(
        self, newest: Ed25519PrivateKey, former: Mapping[str, Ed25519PublicKey], clock: Callable[[], float]
    ) -> None:
        self._clock = clock
        self._version = version("relais")
        self.adopt(newest, former)

    def adopt(self, newest: Ed25519PrivateKey, former: Mapping[str, Ed25519PublicKey]) -> None:
        """Sign with another key from now on."""
        self._key = newest
        public = newest.public_key()
        self._id = key_id(public)
        self.keys: dict[str, Ed25519PublicKey] = {self._id: public, **former}
        """The public keys by their ids, the newest first."""

    def record(self, text: str, *, level: Level, generated: bool, models: tuple[str, ...] = ()) -> str:
        """Sign the record of a text that is written now: a token of three base64url parts, about 450
        characters."""
        claims = {
            "iss": ISSUER,
            "iat": int(self._clock()),
            "ver": self._version,
            "lvl": min(level, Level.N4).name,
            "gen": generated,
            "mdl": list(models),
            "src": SOURCE_TYPES[generated],
            "txt": digest_of(text),
        }
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self._id, "typ": _KIND})

    def marked(self, draft: Draft) -> Draft:
        """The draft with the record of its text; service words need none."""
        if draft.notice:
            return draft
        token = self.record(
            draft.text, level=draft.level, generated=bool(draft.writers), models=draft.writers
        )
        return replace(draft, record=token)


CELLS = 1 << 17
ANSWERS = 350
"""Of one table: a fifth of its cells is then in use."""
LEAST_WORDS = 12
"""A shorter text says what anybody says."""
MOST_WORDS = 20_000
"""Of a text that is looked up."""
LEAST_SHARE, LEAST_HITS = 0.19, 8
"""Of the groups that a text taken from an answer would have (`python -m tests.bench provenance`)."""
_GROUP = 3
_STEPS = ((96, 0), (192, 1), (384, 2))
"""Up to how many words each second, fourth … group is kept (as a power of two)."""
_WHOLE = 8
_DAY = 86_400
_LINK = re.compile(r"\]\([^()\s]*\)")
"""An address behind words: people do not see it, and its words do not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A text is one of ours. `day`: of the answer, in days since 1970. `share`: from 0 to 1, how much of what
    a text taken from the answer would share with it this one does. `whole`: all words are the answer's."""

    day: int
    share: float
    whole: bool
    generated: bool


class Register:
    """Adds answers and recognises texts, for `days` days; 0: nothing is kept. `clock`: seconds since 1970."""

    def __init__(self, store: Store, vault: Vault, *, days: int, clock: Callable[[], float]) -> None:
        self._store = store
        self._days = days
        self._clock = clock
        self._keyed = hashlib.blake2b(key=bytes.fromhex(vault.tag("provenance", "register")), digest_size=8)
        self._day = 0
        self._count = 0
        """Answers of today, as the store knew at the last look, and ours since."""

    async def look(self) -> None:
        """Learn how many answers all replicas have added today. Raises StoreError."""
        self._day = self._today()
        self._count = int(await self._store.run(("GET", self._counter(self._day))) or 0)

    def adding(self, text: str, *, name: str, generated: bool) -> list[Command]:
        """What adds an answer, as commands to travel with others; `name` is the same on every retry."""
        words = words_of(_LINK.sub("]", text))
        if len(words) < LEAST_WORDS or not self._days:
            return []
        if (today := self._today()) != self._day:
            self._day, self._count = today, 0
        table = self._table(today, self._count // ANSWERS)
        self._count += 1
        place: list[str | int] = []
        for cell, value in self._cells(words, name, generated):
            place += ("SET", "u32", f"#{cell}", value)
        keep = (self._days + 1) * _DAY
        counter = self._counter(today)
        return [
            ("BITFIELD", table, *place),
            ("EXPIRE", table, keep),
            ("INCR", counter),
            ("EXPIRE", counter, keep),
        ]

    async def find(self, text: str) -> Recognised | None:
        """Recognise a text; None: it is no answer that is still registered. Raises StoreError."""
        words, cells, marks = await asyncio.to_thread(self._sought, text)
        if words < LEAST_WORDS or not self._days:
            return None
        asked: list[str | int] = []
        for cell in (*cells, *(cell for cell, _ in marks)):
            asked += ("GET", "u32", f"#{cell}")
        days = range(self._today(), self._today() - self._days - 1, -1)
        counts = await self._store.spread([("GET", self._counter(day)) for day in days])
        found: list[Recognised] = []
        for day, count in zip(days, counts, strict=True):
            for number in range(int(count) // ANSWERS + 1 if count else 0):
                values = await self._store.run(("BITFIELD_RO", self._table(day, number), *asked))
                found += _judged(day, values[: len(cells)], words, _same(values[len(cells) :], marks))
            if any(each.whole for each in found):
                break
        return max(found, key=lambda each: (each.whole, each.share), default=None)

    def _sought(self, text: str) -> tuple[int, list[int], list[tuple[int, int]]]:
        """How many words of a text are looked up, the cells of their groups, and the marks of the whole. A
        long text takes a twentieth of a second: not on the event loop."""
        words = words_of(_LINK.sub("]", text))[:MOST_WORDS]
        groups = dict.fromkeys(_groups(words))
        return len(words), [self._hash(" ".join(group)) % CELLS for group in groups], self._marks(words)

    def _cells(self, words: Sequence[str], name: str, generated: bool) -> Iterator[tuple[int, int]]:
        """The cells that stand for an answer, and what each holds."""
        power = next((power for most, power in _STEPS if len(words) < most), 3)
        chosen = list(dict.fromkeys(_chosen(words, 1 << power)))
        number = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest()) >> 9
        value = number << 9 | generated << 8 | min(-(-len(chosen) // 4), 63) << 2 | power
        yield from self._marks(words, generated)
        for group in chosen:
            yield self._hash(" ".join(group)) % CELLS, value

    def _marks(self, words: Sequence[str], generated: bool = False) -> list[tuple[int, int]]:
        """The cells that say that a text is whole: what they hold depends on all words, and on `generated` in
        their last bit."""
        digest = digest_of(" ".join(words))
        value = self._hash(f"whole {digest}") & 0xFFFFFFFE | generated
        return [(self._hash(f"{n} {digest}") % CELLS, value) for n in range(_WHOLE)]

    def _hash(self, text: str) -> int:
        hash = self._keyed.copy()
        hash.update(text.encode())
        return int.from_bytes(hash.digest())

    def _today(self) -> int:
        return int(self._clock()) // _DAY

    def _counter(self, day: int) -> str:
        return self._store.key(0, "register", str(day))

    def _table(self, day: int, number: int) -> str:
        return self._store.key(number % self._store.partitions, "register", str(day), str(number))


def _judged(day: int, values: Sequence[int], words: int, whole: int | None) -> Iterator[Recognised]:
    """What the cells of one table tell of a text of so many words."""
    if whole is not None:
        yield Recognised(day=day, share=1.0, whole=True, generated=bool(whole & 1))
        return
    for value, hits in Counter(value for value in values if value).items():
        kept, step = 4 * (value >> 2 & 63), 1 << (value & 3)
        share = min(1.0, hits / max(1.0, min(kept, (words - _GROUP + 1) / step)))
        if hits >= LEAST_HITS and share >= LEAST_SHARE:
            yield Recognised(day=day, share=share, whole=False, generated=bool(value >> 8 & 1))


def _same(values: Sequence[int], marks: Sequence[tuple[int, int]]) -> int | None:
    """What the cells of a whole text hold, when two of them at least agree."""
    held = [value for value, (_, wanted) in zip(values, marks, strict=True) if value | 1 == wanted | 1]
    return held[0] if len(held) >= 2 else None


def _groups(words: Sequence[T]) -> Iterator[tuple[T, ...]]:
    return zip(*(words[n:] for n in range(_GROUP)), strict=False)


def _chosen(words: Sequence[str], step: int) -> Iterator[tuple[str, ...]]:
    """Of each `step` neighbouring groups the one with most letters: it says most."""
    groups = list(_groups(words))
    letters = [sum(each) for each in _groups([len(word) for word in words])]
    for at in range(0, len(groups), step):
        yield groups[letters.index(max(letters[at : at + step]), at)]
