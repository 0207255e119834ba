"""What the store holds once somebody is erased, or a question deleted: every key of it is looked into."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.connector import Address, Attachment, Audience, Draft, Message
from core.store.valkey import Store
from core.vault import Vault
from tests.core.conftest import Core, core_on
from tests.rig.platform import Platform, deletion, message

ROOM, CHAT = "!salon:x", "!chat:x"
DOUBT = "Diffusion restreinte\n\nCouleur zorglub ?"
QUESTIONS = (
    ("Combien font deux zorglubs ?", ROOM),
    (DOUBT, ROOM),
    ("DIFFUSION RESTREINTE\n\nNote sur le zorglub.", ROOM),
    ("Anne Zorglub est séropositive, écris à son notaire", ROOM),
    (DOUBT, CHAT),
    ("Que dit ce fichier du zorglub ?", CHAT),
)
Sealed = dict[bytes, bytes]


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch) -> Sealed:
    """What was sealed, by the sealed value."""
    kept: Sealed = {}
    for name in ("seal", "seal_packed"):
        seal: Any = getattr(Vault, name)

        def noted(self: Vault, data: bytes, seal: Any = seal, **more: Any) -> bytes:
            value: bytes = seal(self, data, **more)
            kept[value] = data
            return value

        monkeypatch.setattr(Vault, name, noted)
    return kept


_READ: dict[bytes, tuple[str | int, ...]] = {
    b"string": ("GET", ""),
    b"hash": ("HGETALL", ""),
    b"list": ("LRANGE", "", 0, -1),
    b"set": ("SMEMBERS", ""),
    b"zset": ("ZRANGE", "", 0, -1),
    b"stream": ("XRANGE", "", "-", "+"),
}


def _flat(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        yield from _flat(list(value.items()))  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list | tuple | set):
        for each in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _flat(each)


async def _values(store: Store, key: bytes) -> list[bytes]:
    command, _, *more = _READ[await store.run(("TYPE", key))]
    return [*_flat(await store.run((command, key, *more)))]


async def _what_names(core: Core, sealed: Sealed, *words: bytes) -> list[str]:
    """The keys of the store that hold one of these words, sealed or not."""
    found: list[str] = []
    for key in await core.store.run(("KEYS", "*")):
        values = await _values(core.store, key)
        opened = [data for value in values for each, data in sealed.items() if each in value]
        if any(word in text for text in (key, *values, *opened) for word in words):
            found.append(key.decode())
    return found


async def _asked(core: Core, platform: Platform) -> list[Message]:
    """Ask all these, and have a word wait for who is not in their chat."""
    platform.files_at["u"] = b"Le budget du zorglub est de 12 euros."
    file = Attachment(name="zorglub.txt", media_type="text/plain", size=37, reference={"url": "u"})
    asked: list[Message] = []
    for text, room in QUESTIONS:
        files = (file,) if "fichier" in text else ()
        asked.append(message(text, room=room, direct=room == CHAT, attachments=files))
        await core.tell(asked[-1])
        await platform.until(lambda: len(platform.reads) == len(asked))
        await core.settled()
    platform.absent.add("@a:x")
    asked.append(message(DOUBT, room=ROOM, direct=False))
    await core.tell(asked[-1])
    await platform.until(lambda: len(platform.reads) == len(asked))
    await core.settled()
    assert (await core.inbox.stats()).delayed == 1
    return asked


async def test_nothing_names_or_quotes_who_is_erased(tmp_path: Path, sealed: Sealed) -> None:
    """Neither what they wrote, nor what found it, nor a private word that waits for them."""
    platform = Platform()
    platform.private = platform
    async with core_on(tmp_path, platform=platform) as core:
        await _asked(core, platform)
        assert await _what_names(core, sealed, b'@a:x"', b"zorglub")
        await core.sessions.forget("@a:x")
        await core.settled()
        assert not (await core.inbox.stats()).delayed
        assert await _what_names(core, sealed, b'"@a:x"', b"@a:x ", b"Anne", b"zorglub", b"restreinte") == []


class Slow(Platform):
    """Takes no message before it is `free`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.free, self.asked = asyncio.Event(), asyncio.Event()

    async def send(self, address: Address, draft: Draft, audience: Audience) -> str:
        self.asked.set()
        await self.free.wait()
        return await super().send(address, draft, audience)


@pytest.mark.parametrize("beside", [False, True])
async def test_what_is_out_of_scope_goes_before_that_is_said(
    tmp_path: Path, sealed: Sealed, beside: bool
) -> None:
    """By the script that decides, also where another question waits for a word."""
    platform = Slow()
    async with core_on(tmp_path, platform=platform) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        if beside:
            platform.free.set()
            await core.tell(message("Diffusion restreinte\n\nCouleur ?", room=CHAT))
            await platform.answered()
            await core.settled()
            platform.free.clear()
            platform.asked.clear()
        await core.tell(message("DIFFUSION RESTREINTE\n\nNote sur le zorglub.", room=CHAT))
        async with asyncio.timeout(60):
            await platform.asked.wait()
        assert await _what_names(core, sealed, b"zorglub") == []
        platform.free.set()
        await platform.answered(2 if beside else 1)


async def test_nothing_quotes_what_is_deleted(tmp_path: Path, sealed: Sealed) -> None:
    """Each question goes, with what was answered, asked, refused or is still to be said of it; but for what
    says to delete it."""
    platform = Platform()
    platform.private = platform
    async with core_on(tmp_path, platform=platform) as core:
        asked = await _asked(core, platform)
        for each in asked:
            gone = deletion(each)
            await core.tell(gone)
        await platform.until(lambda: len(platform.shown) == 1)
        await core.settled()
        assert "supprimez votre message" in platform.shown[0].text
        assert await _what_names(core, sealed, b"zorglub", b"restreinte", b"ropositi") == []
