"""Whom a message of a Matrix room is meant for: by `m.mentions`, by links to people, by the names that its
text calls. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import unquote

from connectors.tchap.room import Room
from core.connector.untrusted_json import Json, array_in, text_in

MENTIONS = 50
"""People whom one message mentions, at most. Further ones are not looked at."""
_PILL = re.compile(
    r"""href=["']https?://[^"'#\s]{1,200}/#/(?:user/)?((?:@|%40)[^"'?/\s]{1,255})""", re.IGNORECASE
)
"""A link to a person, as clients write a mention in HTML: `https://matrix.to/#/@bob:agents.fr`."""
_COMMAND = re.compile(r"\s*![^\W\d_]")
_CALL = re.compile(r"\s*@?([^\W\d_][^,:!?\n]{1,60})[,:!?]")
"""A name that a text begins with: « Bob, … », « @Anne Petit : … »."""
_SERVICE = re.compile(r"\s*\[[^\[\]]*\]\s*\Z")
"""Tchap display names end with the service: `Prénom NOM [Service]`."""
_REMARK = re.compile(r"\s*\([^()]*\)\s*\Z")
"""A remark at the end of the bot's display name, which nobody writes: `Assistant (IA)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The bot's account as people name it."""

    id: str
    name: str
    anywhere: re.Pattern[str]
    leading: re.Pattern[str]
    trailing: re.Pattern[str]

    @classmethod
    def of(cls, id: str, name: str) -> Me:
        """`name` is the display name. Names of one letter are no mention."""
        localpart = id[1:].partition(":")[0]
        without_service = _SERVICE.sub("", name)
        names = {id, id[1:], localpart, name, without_service, _REMARK.sub("", without_service)}
        spelled = sorted((re.escape(one) for one in names if len(one.strip()) > 1), key=len, reverse=True)
        any_name = rf"@?(?:{'|'.join(spelled)})(?!\w)"
        return cls(
            id=id,
            name=name,
            anywhere=re.compile(rf"(?<!\w){any_name}", re.IGNORECASE),
            leading=re.compile(rf"\A\s*{any_name}\s*[:,;.–—-]?\s*", re.IGNORECASE),
            trailing=re.compile(rf"(?<=\w)[\s,]+{any_name}(?=[\s.!?…]*\Z)", re.IGNORECASE),
        )

    def without_name(self, text: str, *, mentioned: bool) -> str:
        """A text without the bot's name at its beginning, nor, if the bot is `mentioned`, at its end."""
        text = self.leading.sub("", text, count=1)
        return (self.trailing.sub("", text) if mentioned else text).strip()


def calls_bot(content: Json, text: str, me: Me) -> bool:
    """True if a message is a command, or mentions the bot.

    Clients that send `m.mentions` mean it (Matrix 1.7). Still, a text that begins with the bot's name is
    meant for the bot. Without `m.mentions` the name may stand anywhere in the text."""
    if me.id in mentioned(content) or _COMMAND.match(text) or me.leading.match(text):
        return True
    return content.get("m.mentions") is None and bool(me.anywhere.search(text))


def calls_member(text: str, room: Room, *, but: Collection[str]) -> bool:
    """True if a text begins with the name of a member of the room (« Bob, tu confonds ») who is not one of
    `but`."""
    called = _CALL.match(text)
    if called is None:
        return False
    name = called[1].strip().casefold()
    others = (each.casefold() for id, each in room.joined.items() if id not in but)
    return any(name in (_SERVICE.sub("", each), *each.split()) for each in others)


def mentioned(content: Json) -> tuple[str, ...]:
    """The ids of the people whom a message mentions: by `m.mentions`, or by links to them if the client is
    older than that (Matrix 1.7)."""
    intentional = content.get("m.mentions")
    if intentional is None:
        found = [unquote(match[1]) for match in _PILL.finditer(text_in(content, "formatted_body"))]
    else:
        found = [text_in(each) for each in array_in(intentional, "user_ids")]
    return tuple(dict.fromkeys(each for each in found if each))[:MENTIONS]
