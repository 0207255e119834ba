"""An adversary in the conversations: hostile Matrix events and mails, while others ask and are answered.

`python tests/fuzz/conversations.py [SECONDS] [SEED]`. One replica, on a homeserver that costs nothing (so
that the replica, not the server, is what gives way), a real store and a real mail server. Hostile people
send what the specification forbids, what is large, what nobody can read, what points into others' rooms, and
keys without end; mails are damaged samples. What must hold: everyone else is answered, half of them within
`MEDIAN` seconds, the replica lives, and its memory stays under `MEMORY`. Ends with 1 when it does not.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import aiohttp
import jwt

from connectors.tchap.olm import MEGOLM, OLM
from tests.bench.offstage import Asker, Offstage, instant_gateway, offstage
from tests.bench.process import cpu, resident
from tests.fuzz.documents import mutated
from tests.rig.citizens import Citizen
from tests.rig.mail import AUTHSERV, DOMAIN, mail_server
from tests.rig.stub import Json, Room

MEDIAN, MEMORY = 2.0, 300.0
"""Seconds for half of others' answers; MB of the replica at its most."""
PEOPLE, HOSTILE = 6, 4
EVENTS, MAILS = 20.0, 2.0
"""A second, of all hostile people together."""
PAUSE = 0.5
"""Seconds between an answer and the person's next question."""
SECRET = "le secret du webhook, long de plus de trente-deux signes"
SAMPLES = Path(__file__).parents[1] / "data" / "mail"
JUNK: tuple[Any, ...] = (
    *(
        None,
        True,
        -1,
        2**53,
        1e308,
        "",
        "\0",
        "\u202e",
        "é" * 5_000,
        "@a:b",
        "$x",
        "!r",
        "m.text",
        "*" * 60_000,
    ),
    *([], {}, [[[[]]]], {"a": {"b": {"c": []}}}, ["@a:b"] * 2_000, {f"k{n}": n for n in range(3_000)}),
)
TEXTS = (
    *(
        "!niveau x\n" + "`" * 20_000,
        "!résumé 99999999999",
        "!" + "a" * 20_000,
        "!oublier",
        "!données",
        "!stop",
    ),
    *("CGT " * 5_000, "SECRETE SECRET " * 2_000, "> " * 8_000, "[" * 20_000, "](" * 9_000, "|" * 20_000),
    *(
        "<" * 20_000,
        "\n" * 20_000,
        "a@b.fr " * 3_000,
        "1 85 12 75 116 001 22 " * 1_500,
        "_*" * 9_000,
        "🙂" * 9_000,
    ),
)
"""Each is what a rule somewhere could take long for, or write back."""


class Adversary:
    """Hostile people in chats of their own with the bot; `sent` counts what they sent by its kind."""

    def __init__(self, on: Offstage, chance: random.Random, victims: list[Room]) -> None:
        self._on = on
        self._chance = chance
        self._victims = victims
        self.citizens = [
            Citizen(on.server, f"mallory-{n}", on.bot, encrypted=n % 2 == 0, decrypts=False)
            for n in range(HOSTILE)
        ]
        self.sent: Counter[str] = Counter()

    def strike(self) -> None:
        """One hostile event."""
        citizen = self._chance.choice(self.citizens)
        room = citizen.room or citizen.meet()
        kinds = (
            self._text,
            self._shape,
            self._unreadable,
            self._relation,
            self._forgery,
            self._state,
            self._device,
        )
        kind = self._chance.choice(kinds)
        self.sent[kind.__name__.strip("_")] += 1
        kind(citizen, room)

    def _text(self, citizen: Citizen, _room: Room) -> None:
        citizen.say(self._chance.choice(TEXTS))

    def _shape(self, citizen: Citizen, room: Room) -> None:
        """A content of any shape, in clear or where a ciphertext should be."""
        kind = self._chance.choice(
            ("m.room.message", "m.room.encrypted", "m.reaction", "m.room.redaction", "x")
        )
        self._post(room, citizen, kind, self._damaged(_message("Bonjour")))

    def _unreadable(self, citizen: Citizen, room: Room) -> None:
        session = f"{self._chance.getrandbits(200):043x}"[:43]
        content = {"algorithm": MEGOLM, "session_id": session, "ciphertext": "A" * 60_000}
        self._post(room, citizen, "m.room.encrypted", content)

    def _relation(self, citizen: Citizen, room: Room) -> None:
        """To an event of somebody else's room, or to none."""
        other = self._chance.choice(self._victims)
        target = self._chance.choice(other.events)[1]["event_id"] if other.events else "$none"
        relation = self._chance.choice(
            (
                {"m.in_reply_to": {"event_id": target}},
                {"rel_type": "m.thread", "event_id": target},
                {"rel_type": "m.replace", "event_id": target},
                {"rel_type": "m.annotation", "event_id": target, "key": "👍"},
                {"rel_type": "m.reference", "event_id": target},
            )
        )
        content = _message("Et cela ?") | {"m.relates_to": relation, "m.new_content": _message("Autre")}
        self._post(room, citizen, self._chance.choice(("m.room.message", "m.reaction")), content)

    def _forgery(self, citizen: Citizen, room: Room) -> None:
        """Fields outside of the content, of any type."""
        names = ("event_id", "sender", "origin_server_ts", "type", "unsigned", "redacts", "room_id")
        fields = {name: self._chance.choice(JUNK) for name in names if self._chance.random() < 0.3}
        self._post(room, citizen, "m.room.message", _message("Bonjour"), **fields)

    def _state(self, citizen: Citizen, room: Room) -> None:
        kind = self._chance.choice(
            (
                *("m.room.encryption", "m.room.history_visibility", "m.room.join_rules", "m.room.member"),
                *("m.room.power_levels", "m.room.tombstone", "im.vector.room.access_rules"),
            )
        )
        content = self._damaged({"users": {f"@{n}:x": n for n in range(500)}, "membership": "leave"})
        content.pop("algorithm", None)
        key = f"@ghost-{self._chance.randrange(10_000)}:x" if kind == "m.room.member" else ""
        if kind not in ("m.room.tombstone", "m.room.join_rules", "m.room.history_visibility"):
            self._post(room, citizen, kind, content, state_key=key)

    def _device(self, citizen: Citizen, _room: Room) -> None:
        """A to-device message: of any shape, or a well-formed one for nothing."""
        account = self._on.server.accounts[self._on.bot]
        for device in account.devices.values():
            mine = (device.keys.get("keys") or {}).get(f"curve25519:{device.id}", "")
            body = "A" * self._chance.choice((4, 400, 40_000))
            content = {
                "algorithm": OLM,
                "sender_key": f"{self._chance.getrandbits(200):043x}"[:43],
                "ciphertext": {mine: {"type": self._chance.choice((0, 1, 2, "0")), "body": body}},
            }
            kind = self._chance.choice(("m.room.encrypted", "m.room.encrypted", "m.room_key_request", "x"))
            event = {"type": kind, "sender": citizen.user, "content": self._damaged(content)}
            self._on.server.to_device(self._on.bot, device.id, event)

    def _damaged(self, content: Json) -> Json:
        """The content, of which some values are junk."""
        return {
            name: self._chance.choice(JUNK) if self._chance.random() < 0.4 else value
            for name, value in content.items()
        } | ({"extra": self._chance.choice(JUNK)} if self._chance.random() < 0.3 else {})

    def _post(self, room: Room, citizen: Citizen, kind: str, content: object, **more: Any) -> None:
        self._on.server.post(room, more.pop("sender", citizen.user), more.pop("type", kind), content, **more)  # type: ignore[arg-type]


def _message(text: str) -> Json:
    return {"msgtype": "m.text", "body": text}


def hostile_mail(chance: random.Random, samples: list[bytes]) -> bytes:
    """A damaged sample, on top of which stand the border server's verdict and a sender of ours."""
    sender = f"agent{chance.randrange(4)}@{DOMAIN}"
    top = f"Authentication-Results: {AUTHSERV}; dmarc=pass header.from={DOMAIN}\r\nFrom: <{sender}>\r\n"
    if chance.random() < 0.2:
        subject = chance.choice(("=?utf-8?q?a=0D=0AReply-To:_pirate@x?=", "Re: " * 5_000, "é" * 9_000))
        return f"{top}Subject: {subject}\r\n\r\n{chance.choice(TEXTS)}".encode()
    return top.encode() + mutated(chance.choice(samples), chance, samples)


async def post_mails(url: str, chance: random.Random, sent: Counter[str]) -> None:
    """Post hostile mails to the webhook, for ever."""
    samples = [path.read_bytes() for path in sorted(SAMPLES.iterdir())]
    async with aiohttp.ClientSession() as client:
        while True:
            body = hostile_mail(chance, samples)
            claims = {
                "exp": int(time.time()) + 60,
                "jti": str(chance.getrandbits(64)),
                "body_sha256": hashlib.sha256(body).hexdigest(),
            }
            headers = {
                "Authorization": f"Bearer {jwt.encode(claims, SECRET, algorithm='HS256')}",
                "Content-Type": "message/rfc822",
            }
            with suppress(aiohttp.ClientError, TimeoutError):
                async with client.post(
                    f"{url}/webhooks/mail",
                    data=body,
                    headers=headers,
                    timeout=aiohttp.ClientTimeout(total=10),
                ) as answer:
                    sent[f"mail {answer.status}"] += 1
            await asyncio.sleep(1 / MAILS)


async def strike(adversary: Adversary) -> None:
    while True:
        adversary.strike()
        await asyncio.sleep(1 / EVENTS)


async def ask(asker: Asker, took: list[float], waited: list[str]) -> None:
    """Ask and be answered, for ever."""
    number = 0
    while True:
        number += 1
        try:
            took.append((await asker.ask(f"n° {number} : où en est-on ?")).took)
        except TimeoutError:
            waited.append(asker.citizen.user)
        await asyncio.sleep(PAUSE)


def errors(log: str) -> Counter[str]:
    """How often each error stands in a replica's log."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return Counter(line["event"] for line in lines if line.get("level") == "error")


async def fuzz(seconds: float, seed: int) -> int:
    chance = random.Random(seed)
    took: list[float] = []
    waited: list[str] = []
    with tempfile.TemporaryDirectory(prefix="relais-fuzz-") as folder:
        async with instant_gateway() as gateway, mail_server("synthese", "agent0") as mails:
            settings = {
                "RELAIS_MAIL__ADDRESS": f"synthese@{DOMAIN}",
                "RELAIS_MAIL__SMTP_URL": mails.smtp_url("synthese"),
                "RELAIS_MAIL__AUTHSERV_ID": AUTHSERV,
                "RELAIS_MAIL__WEBHOOK_SECRET": SECRET,
            }
            async with offstage(Path(folder) / "relais", gateway, more=settings) as on:
                (replica,) = on.replicas
                askers = await on.people(PEOPLE, "anne", encrypted=True)
                quiet = [(await asker.ask("Avant l’orage ?")).took for asker in askers]
                rooms = [asker.citizen.room for asker in askers if asker.citizen.room is not None]
                adversary = Adversary(on, chance, rooms)
                pid, before = replica.pid, cpu(replica.pid)
                work = [
                    *(asyncio.ensure_future(ask(asker, took, waited)) for asker in askers),
                    asyncio.ensure_future(strike(adversary)),
                    asyncio.ensure_future(post_mails(replica.url, chance, adversary.sent)),
                ]
                done, _ = await asyncio.wait(work, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()  # the adversary itself failed
                alive = replica.running and replica.pid == pid
                most = resident(pid, "VmHWM") if alive else float("inf")
                busy = (cpu(pid) - before) / seconds if alive else 0.0
                for task in work:
                    task.cancel()
                failures = errors(replica.log)
    sent = ", ".join(f"{kind} {count}" for kind, count in adversary.sent.most_common())
    print(f"seed {seed}, {seconds:.0f} s: {sent}")
    print(f"errors logged: {dict(failures) or 'none'}; {busy:.0%} of a core")
    return verdict(took, waited, quiet, most, alive=alive)


def verdict(took: list[float], waited: list[str], quiet: list[float], most: float, *, alive: bool) -> int:
    """Print the figures, and 1 when one of them is missed."""
    median = statistics.median(took) if took else float("inf")
    p95 = statistics.quantiles(took, n=20)[-1] if len(took) > 1 else median
    print(
        f"others: {len(took)} answers, median {median:.2f} s (before: {statistics.median(quiet):.2f} s), "
        f"p95 {p95:.2f} s, {len(waited)} without an answer in a minute; replica at most {most:.0f} MB"
    )
    missed = [
        *([f"median over {MEDIAN} s"] if median > MEDIAN else []),
        *([f"memory over {MEMORY:.0f} MB"] if most > MEMORY else []),
        *(["somebody was not answered"] if waited else []),
        *([] if alive else ["the replica ended"]),
    ]
    print(f"FAILED: {', '.join(missed)}" if missed else "all held")
    return 1 if missed else 0


if __name__ == "__main__":
    duration = float(sys.argv[1]) if len(sys.argv) > 1 else 600.0
    sys.exit(asyncio.run(fuzz(duration, int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time()))))
