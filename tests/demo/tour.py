"""The tour of `make demo`: six scenes in real encrypted rooms, played by themselves, then by name.

People and messages are invented, and so are the model's answers where no gateway is configured; levels,
refusals, links and checks are what relais does anywhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.demo import scenes
from tests.rig.visitor import Heard, Visitor

Say = Callable[[str], Awaitable[None]]
_PATIENCE = 120.0
"""Seconds for an answer."""
_READING = 2.0
"""Seconds before a person writes: to read what stands there. Who answers at once is taken for a program."""
_RULE = "─" * 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who plays: `alone` is Camille's chat with the bot, `room` hers in the room that she shares with the
    `others`, by name; `folder` is where files of the scenes are written."""

    alone: Visitor
    room: Visitor
    others: dict[str, Visitor]
    folder: Path


class Tour:
    """Plays scenes and shows what is read, by whom and where."""

    def __init__(self, cast: Cast, say: Say) -> None:
        self._cast = cast
        self._say = say
        self._summary = ""
        self._talked = False

    async def play(self) -> None:
        """Play all scenes in order."""
        for number in range(1, len(self.scenes()) + 1):
            await self.scene(number)

    def scenes(self) -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
        """The scenes, by their titles."""
        return (
            ("Soixante messages résumés, chaque ligne avec son lien", self._summarised),
            ("Une correction, en répondant au résumé", self._corrected),
            (
                "Des invités arrivent : la même question est refusée, et expliquée en privé",
                self._guest,
            ),
            ("Un fichier marqué DIFFUSION RESTREINTE est arrêté", self._stamped),
            ("Une synthèse où un chiffre faux est repéré", self._figure),
            ("Un mail transmis, et une réponse", self._mail),
        )

    async def scene(self, number: int) -> bool:
        """Play one scene. False where there is none of this number."""
        told = self.scenes()
        if not 1 <= number <= len(told):
            return False
        title, played = told[number - 1]
        await self._say(f"\n{_RULE}\n{number}. {title}\n{_RULE}")
        await played()
        return True

    async def _summarised(self) -> None:
        room = self._cast.room
        if not self._talked:
            for speaker, text in scenes.TALK:
                await self._cast.others.get(speaker, room).say(text)
            self._talked = True
        await self._say(f"({len(scenes.TALK)} messages ont été échangés dans « {scenes.ROOM} ».)")
        self._summary = (await self._asked(room, "@Assistant résume")).id

    async def _corrected(self) -> None:
        if not self._summary:
            await self._summarised()
        room = self._cast.room
        await self._line(scenes.CAMILLE, scenes.ROOM, scenes.CORRECTION)
        await asyncio.sleep(_READING)
        await room.say(scenes.CORRECTION, answers=self._summary)
        await self._read(room)

    async def _guest(self) -> None:
        room, alone = self._cast.room, self._cast.alone
        await room.open_to_guests(False)
        await self._asked(room, f"@Assistant {scenes.ASKED}")
        await room.open_to_guests(True)
        await self._say("(Le salon s’ouvre à des invités extérieurs.)")
        await self._asked(room, f"@Assistant {scenes.ASKED}")
        await self._read(alone)
        await room.open_to_guests(False)

    async def _stamped(self) -> None:
        await self._sent("plan-acces.txt", scenes.STAMPED, "Résume cette note")

    async def _figure(self) -> None:
        await self._say("(Le rapport dit 3,8 millions d’euros ; le modèle, exprès, en écrira 4,8.)")
        await self._sent("rapport-du-port.txt", scenes.REPORT, "résume")

    async def _mail(self) -> None:
        await self._asked(self._cast.alone, "!nouveau")
        await self._sent("mairie.eml", scenes.MAIL, "Que nous demande la mairie ?")

    async def _sent(self, name: str, text: str, words: str) -> None:
        path = self._cast.folder / name
        path.write_text(text, encoding="utf-8")
        await self._line(scenes.CAMILLE, "en conversation directe", f"{words}  📎 {name}")
        await asyncio.sleep(_READING)
        await self._cast.alone.send_file(path, words)
        await self._read(self._cast.alone)

    async def _asked(self, where: Visitor, text: str) -> Heard:
        alone = where is self._cast.alone
        await self._line(scenes.CAMILLE, "en conversation directe" if alone else scenes.ROOM, text)
        await asyncio.sleep(_READING)
        await where.say(text, mention=not alone)
        return await self._read(where)

    async def _read(self, where: Visitor) -> Heard:
        async with asyncio.timeout(_PATIENCE):
            heard = await where.answer(lambda _: None)
        await self._line(
            "Assistant", "à Camille seule" if where is self._cast.alone else scenes.ROOM, heard.text
        )
        return heard

    async def _line(self, who: str, where: str, text: str) -> None:
        await self._say(f"\n{who} ({where}) :\n" + "\n".join(f"  {line}" for line in text.splitlines()))
