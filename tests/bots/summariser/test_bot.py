"""`!résumé` in a room, on a platform in memory: read back, assessed, summarised, posted where asked."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson
import pytest

from core.connector import Address, Past, Person, Range, Wanted
from core.gateway.catalogue import EXTRACTS
from core.policy.file import PolicyFile, shipped_policy
from tests.core.conftest import Core, core_on, policy_for
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.platform import Platform, Post, message

PAUL, INES = Person(id="@paul:x", name="Paul MARTIN"), Person(id="@ines:x", name="Inès LE GALL")


def past(id: str, sender: Person, text: str, **more: object) -> Past:
    at = 1_773_130_000.0 + 60 * int(id[2:])  # Tuesday 10 March 2026
    return Past(id=id, at=at, sender=sender, text=text, link=f"https://tchap.gouv.fr/#/room/!r/{id}", **more)  # type: ignore[arg-type]


@dataclass
class Memory:
    """A history that gives this range, and keeps what was wanted."""

    messages: tuple[Past, ...]
    wanted: list[Wanted] = field(default_factory=list)

    async def recall(self, address: Address, wanted: Wanted) -> Range:
        self.wanted.append(wanted)
        return Range(messages=self.messages, members=(PAUL, INES), unreadable=2)


TALK = (
    past("$m1", INES, "Qui relance la DDT ?"),
    past("$m2", PAUL, "Je m’en occupe d’ici vendredi.", reply_to="$m1"),
    past("$m3", INES, "Ceci reste entre nous : on décide de fermer.", reactions={"🚫": frozenset({INES.id})}),
    past("$m4", INES, "C’est décidé, on garde la salle Garonne."),
)


ANSWER = orjson.dumps({"decisions": [{"text": "La salle Garonne est gardée.", "messages": [3]}]}).decode()


def without_model(_: FakeGateway) -> PolicyFile:
    return replace(shipped_policy(), models=(EXTRACTS,))


async def told(
    folder: Path,
    talk: tuple[Past, ...] | None,
    *,
    answer: str = "",
    status: int = 200,
    policy: Callable[[FakeGateway], PolicyFile] = policy_for,
) -> tuple[Post, FakeGateway]:
    """The answer to `!résumé` in a room of this history, and the gateway that was asked."""
    platform = Platform()
    platform.history = Memory(talk) if talk is not None else None  # type: ignore[assignment]
    async with core_on(folder, platform=platform, policy=policy) as core:
        core.gateway.behaviour = Behaviour(answer=answer, status=status)
        await core.sessions.greet_once("@a:x", "earlier")
        await core.tell(message("!résumé", direct=False))
        return (await platform.answered())[0], core.gateway


async def test_by_rules(tmp_path: Path) -> None:
    """Without a model: extracts, each with its permalink; what its author keeps out is not there."""
    post, gateway = await told(tmp_path, TALK, policy=without_model)
    assert "**Paul MARTIN**" in post.text
    assert "(https://tchap.gouv.fr/#/room/!r/$m2)" in post.text
    assert "salle Garonne" in post.text
    assert "entre nous" not in post.text
    assert "1 hors résumé, 2 indéchiffrables" in post.text
    assert not gateway.received


async def test_by_a_model(tmp_path: Path) -> None:
    """With a model: its checked lines, the same links, the model's name; what is kept out is not sent."""
    post, gateway = await told(tmp_path, TALK, answer=ANSWER)
    assert "- La salle Garonne est gardée. ([" in post.text
    assert "(https://tchap.gouv.fr/#/room/!r/$m4)" in post.text
    assert "IA · small" in post.text
    assert "entre nous" not in str(gateway.received)


async def test_while_all_models_are_away(tmp_path: Path) -> None:
    """Models that do not answer: extracts at once, with how the full summary is had."""
    post, gateway = await told(tmp_path, TALK, status=503)
    assert "Mode sans IA" in post.text
    assert "salle Garonne" in post.text
    assert "redemandez-le" in post.text
    assert gateway.received


async def test_level_of_the_range(tmp_path: Path) -> None:
    """A range above what may be here is refused with a neutral line, and reaches no model."""
    secret = past("$m5", PAUL, "DIFFUSION RESTREINTE\nLe schéma bleu-canard est prêt.")
    post, gateway = await told(tmp_path, (*TALK, secret))
    assert "canard" not in post.text
    assert "Garonne" not in post.text
    assert not gateway.received


async def test_no_history(tmp_path: Path) -> None:
    """Where nothing can be read back, or nothing was said, the person is told so."""
    post, _ = await told(tmp_path / "a", None)
    assert "ne peux pas relire" in post.text
    post, _ = await told(tmp_path / "b", ())
    assert "aucun message à résumer" in post.text


@asynccontextmanager
async def summarised(folder: Path) -> AsyncGenerator[tuple[Core, Post]]:
    """A core with a model that has summarised the talk of a room, and that summary."""
    platform = Platform()
    platform.history = memory = Memory(TALK)  # type: ignore[assignment]
    async with core_on(folder, platform=platform) as core:
        core.gateway.behaviour = Behaviour(answer=ANSWER)
        await core.sessions.greet_once("@a:x", "earlier")
        await core.tell(message("!résumé", direct=False))
        (summary,) = await platform.answered(1)
        yield core, summary
    assert len(memory.wanted) == 1, "the talk is read once"


async def test_question_to_a_model(tmp_path: Path) -> None:
    """With a model, a question on a summary is answered from it alone; the range not read again."""
    async with summarised(tmp_path) as (core, summary):
        core.gateway.behaviour = Behaviour(answer="La salle Garonne.")
        await core.tell(message("Quelle salle ?", direct=False, reply_to=summary.id))
        posts = await core.platform.answered(2)
        asked = str(core.gateway.received[-1].body)
    assert "La salle Garonne." in posts[1].text
    assert "IA · small" in posts[1].text
    assert "La salle Garonne est gardée" in asked
    assert "DDT" not in asked


@pytest.mark.parametrize("words", ["et en anglais pour nos collègues ?", "en 5 points", "plus court"])
async def test_a_summary_is_given_again_in_another_form(tmp_path: Path, words: str) -> None:
    """Rewritten from itself, as is wanted; what is asked next is about that."""
    async with summarised(tmp_path) as (core, summary):
        await core.settled()
        core.gateway.behaviour = Behaviour(answer="The Garonne room is kept.")
        await core.tell(message(words, direct=False, reply_to=summary.id))
        again = (await core.platform.answered(2))[-1]
        asked = str(core.gateway.received[-1].body)
        assert "The Garonne room is kept." in again.text
        assert "as the person wants" in asked or "comme la personne le demande" in asked
        await core.settled()
        await core.tell(message("Quelle salle ?", direct=False, reply_to=again.id))
        await core.platform.answered(3)
        assert "The Garonne room is kept." in str(core.gateway.received[-1].body)


async def test_a_summary_is_in_the_language_that_is_asked_for(tmp_path: Path) -> None:
    """Its headings and the words of service too."""
    platform = Platform()
    platform.history = Memory(TALK)  # type: ignore[assignment]
    async with core_on(tmp_path, platform=platform) as core:
        core.gateway.behaviour = Behaviour(answer=ANSWER)
        await core.sessions.greet_once("@a:x", "earlier")
        await core.tell(message("@Assistant résume en anglais", direct=False))
        said = (await platform.answered())[0].text
    assert "**Decided**" in said
    assert "Décidé" not in said


async def test_stop_while_it_reads_keeps_no_line_of_progress(tmp_path: Path) -> None:
    """How far the reading was is no answer: the room reads that it was stopped."""

    def narrow(gateway: FakeGateway) -> PolicyFile:
        gateway.context, policy = 8_192, policy_for(gateway)
        return replace(policy, models=tuple(replace(model, context=8_192) for model in policy.models))

    platform = Platform(growth="freely")
    talk = tuple(past(f"$m{n}", PAUL, f"Le lot {n} coûte {n} euros de plus. " * 8) for n in range(300))
    platform.history = Memory(talk)  # type: ignore[assignment]
    async with core_on(tmp_path, platform=platform, policy=narrow) as core:
        core.gateway.behaviour = Behaviour(first=30)
        await core.sessions.greet_once("@a:x", "earlier")
        await core.tell(message("!résumé", direct=False))
        await platform.until(lambda: any("lecture" in post.text.lower() for post in platform.shown))
        await core.tell(message("!stop", direct=False))
        (post,) = await platform.answered()
        assert "arrêtée" in post.text
        assert "lecture" not in post.text.lower()


async def test_what_was_asked_of_the_bot_is_no_part_of_the_talk(tmp_path: Path) -> None:
    """« @Assistant, qui paie ? » is no open question of a room; who corrects a summary tells all."""
    asked = (
        past("$m5", PAUL, "Assistant, est-ce que tu peux trouver qui paie le traiteur ?", to_bot=True),
        past("$m6", PAUL, "Assistant: non, c’est Paul qui réserve la salle d’ici jeudi.", to_bot=True),
    )
    post, _ = await told(tmp_path, (*TALK, *asked), policy=without_model)
    assert "traiteur" not in post.text
    assert "réserve la salle" in post.text
    alone, _ = await told(tmp_path / "alone", asked[:1], policy=without_model)
    assert "aucun message à résumer" in alone.text


async def test_since_the_last_summary_only_what_was_said_after_it(tmp_path: Path) -> None:
    """« et depuis ? » is of what was said since anybody asked for a summary, though it follows one."""
    later = (
        past("$m5", PAUL, "Assistant: résume", to_bot=True),
        past("$m6", PAUL, "C’est décidé, on loue un car."),
    )
    platform = Platform()
    platform.history = Memory((*TALK, *later))  # type: ignore[assignment]
    async with core_on(tmp_path, platform=platform, policy=without_model) as core:
        await core.tell(message("résume", direct=False), message("et depuis ?", direct=False))
        first, second = await platform.answered(2)
    assert "salle Garonne" in first.text
    assert "salle Garonne" not in second.text
    assert "loue un car" in second.text
