"""Matrix events → events of the core, by tables."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.tchap.events import Earlier, Related, invited, parse, points_to, undecryptable
from connectors.tchap.mentions import Me
from connectors.tchap.room import Room
from connectors.tchap.room_events import RoomEvent
from core.connector import Attachment, Deleted, Edited, Event, Message, Reacted
from tests.connectors.tchap.test_polls import POLL

BOT, ALICE, BOB = "@assistant:agents.fr", "@alice:agents.fr", "@bob:agents.fr"
ME = Me.of(BOT, "Assistant [DNUM]")
MINE = {"$mine": Related(sender=BOT)}


def room(*, direct: bool = False) -> Room:
    people = {BOT: "Assistant [DNUM]", ALICE: "Alice A [DNUM]"} | ({} if direct else {BOB: "Bob B"})
    return Room(id="!r:agents.fr", encrypted=True, joined=people)


def event(content: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {
        "event_id": "$e",
        "sender": ALICE,
        "type": "m.room.message",
        "origin_server_ts": 1_700_000_000_123,
        "content": content,
    }
    return base | more


def read(raw: dict[str, Any]) -> RoomEvent:
    found = RoomEvent.read(raw, "!r:agents.fr")
    assert found is not None
    return found


def parsed(
    raw: dict[str, Any], *, direct: bool = True, bots: Collection[str] = (), **earlier: Any
) -> Event | None:
    return parse(read(raw), room(direct=direct), ME, Earlier(**earlier), bots=bots)


def text(body: str, **more: Any) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": body, **more}


def message(
    content: dict[str, Any],
    *,
    direct: bool = False,
    related: dict[str, Related] | None = None,
    thread_is_mine: bool = False,
    called: tuple[str, ...] = (),
) -> Message:
    said = parsed(
        event(content), direct=direct, related=related or {}, thread_is_mine=thread_is_mine, called=called
    )
    assert isinstance(said, Message)
    return said


def test_a_message_in_a_direct_chat() -> None:
    """All fields of a message come from its event."""
    said = message(text("Bonjour"), direct=True)
    assert said.key == "tchap:!r:agents.fr:$e"
    assert (said.id, said.at, said.text) == ("$e", 1_700_000_000.123, "Bonjour")
    assert (said.sender.id, said.sender.name) == (ALICE, "Alice A [DNUM]")
    assert (said.addressed, said.direct, said.address.thread) == (True, True, None)


@pytest.mark.parametrize(
    ("content", "addressed"),
    [
        (text("il pleut"), False),
        (text("il pleut", **{"m.mentions": {"user_ids": [BOT]}}), True),
        (text("il pleut", **{"m.mentions": {"user_ids": [BOB]}}), False),
        (text("Assistant, il pleut ?", **{"m.mentions": {}}), True),
        (text("assistant : il pleut ?"), True),
        (text("@assistant il pleut ?"), True),
        (text("Assistant [DNUM]: il pleut ?"), True),
        (text("demande à l’assistant", **{"m.mentions": {}}), False),
        (text("demande à @assistant:agents.fr"), True),
        (text("assistante, il pleut ?"), False),
        (text("!aide"), True),
        (text("! attention"), False),
        (text("!!!"), False),
        (text("il pleut", **{"m.mentions": ["x"]}), False),
        (text("il pleut", **{"m.mentions": {"user_ids": BOT}}), False),
        ({"msgtype": "m.emote", "body": "salue Assistant"}, True),
    ],
)
def test_what_is_addressed_in_a_room(content: dict[str, Any], addressed: bool) -> None:
    """A mention, the name at the beginning, or a command; the name elsewhere only without `m.mentions`."""
    assert message(content).addressed is addressed


@pytest.mark.parametrize("mentioned", [True, False])
def test_a_mention_that_ends_a_text_is_no_part_of_it(mentioned: bool) -> None:
    """« tu résumes Assistant ? » asks « tu résumes ? » where the name is a mention."""
    mentions = {"m.mentions": {"user_ids": [BOT]}} if mentioned else {}
    said = message(text("tu résumes Assistant [DNUM] ?", **mentions))
    assert said.text == ("tu résumes ?" if mentioned else "tu résumes Assistant [DNUM] ?")


@pytest.mark.parametrize(
    "said", ["Assistant, il pleut ?", "Assistant (IA) : il pleut ?", "@assistant il pleut ?"]
)
def test_who_bears_a_remark_is_called_without_it(said: str) -> None:
    """« Assistant (IA) » answers to « Assistant », whatever its account is called."""
    me = Me.of("@robot-7:agents.fr", "Assistant (IA) [DNUM]")
    assert me.leading.sub("", said) == "il pleut ?"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Assistant [DNUM] : bonjour", "bonjour"),
        ("@assistant:agents.fr bonjour", "bonjour"),
        ("Assistant", ""),
        ("Bonjour Assistant", "Bonjour Assistant"),
        ("assistante sociale", "assistante sociale"),
    ],
)
def test_the_mention_at_the_beginning_is_not_text(body: str, expected: str) -> None:
    """What is left of a message is what was asked."""
    assert message(text(body), direct=True).text == expected


def reply(body: str, to: str, **more: Any) -> dict[str, Any]:
    return text(body, **{"m.relates_to": {"m.in_reply_to": {"event_id": to}}, **more})


def test_a_reply_to_the_bot_is_addressed_and_quotes_nothing() -> None:
    """The bot's own words need no quoting."""
    said = message(reply("et demain ?", "$mine"), related=MINE)
    assert (said.addressed, said.reply_to, said.quoted) == (True, "$mine", "")


def test_a_reply_to_a_person_quotes_them() -> None:
    """What the person replies to comes beside their own text, whose old-style quotation is dropped."""
    body = "> <@bob:agents.fr> il pleut\n> beaucoup\n\nAssistant, est-ce vrai ?"
    said = message(reply(body, "$bob"), related={"$bob": Related(sender=BOB, text="il pleut")})
    assert (said.addressed, said.quoted, said.text) == (True, "il pleut", "est-ce vrai ?")


def test_a_reply_to_a_file_quotes_the_file() -> None:
    """Its name is no text."""
    file = Attachment(name="devis.pdf", media_type="application/pdf", size=9, reference={"mxc": "mxc://x/y"})
    before = {"$file": Related(sender=BOB, files=(file,))}
    said = message(reply("Assistant, que dit-il ?", "$file"), related=before)
    assert (said.quoted, said.quoted_files, said.unquoted) == ("", (file,), "")


def test_a_quotation_of_ones_own_stays() -> None:
    """Only the fallback of a reply is dropped, never what a person quotes."""
    assert message(text("> cité\n\nEt alors ?"), direct=True).text == "> cité\n\nEt alors ?"


def test_threads() -> None:
    """The address has the thread; what clients fill in for others is no reply."""
    in_thread = {"rel_type": "m.thread", "event_id": "$root", "m.in_reply_to": {"event_id": "$last"}}
    falling_back = message(
        text("oui", **{"m.relates_to": in_thread | {"is_falling_back": True}}), thread_is_mine=True
    )
    assert (falling_back.address.thread, falling_back.reply_to, falling_back.addressed) == (
        "$root",
        None,
        True,
    )
    true_reply = message(text("oui", **{"m.relates_to": in_thread}))
    assert (true_reply.address.thread, true_reply.reply_to, true_reply.addressed) == ("$root", "$last", False)


@pytest.mark.parametrize(
    ("content", "addressed"),
    [
        (text("tu en penses quoi ?", **{"m.mentions": {"user_ids": [BOB]}}), False),
        (text("tu en penses quoi ?", **{"m.mentions": {"user_ids": [BOB, BOT]}}), True),
        (text("tu en penses quoi ?", **{"m.mentions": {}}), True),
        (text("à tous", **{"m.mentions": {"room": True}}), True),
        (text("assistant, et Bob ?", **{"m.mentions": {"user_ids": [BOB]}}), True),
        (text("!résumé", **{"m.mentions": {"user_ids": [BOB]}}), True),
        (
            text("Bob : et toi ?", formatted_body=f'<a href="https://matrix.to/#/{BOB}">Bob</a> : et toi ?'),
            False,
        ),
        (
            text("Bob", formatted_body='<a href="https://tchap.gouv.fr/#/user/%40bob:agents.fr">Bob</a>'),
            False,
        ),
    ],
)
def test_what_mentions_only_others_is_theirs(content: dict[str, Any], addressed: bool) -> None:
    """In a thread or a chain of the bot too, unless the bot is named or commanded; not in a chat of two."""
    assert message(content, thread_is_mine=True).addressed is addressed
    chained = content | {"m.relates_to": {"m.in_reply_to": {"event_id": "$mine"}}}
    assert message(chained, related=MINE).addressed is addressed
    assert message(content, direct=True).addressed


@pytest.mark.parametrize(("mention", "addressed"), [((), False), ((BOT,), True)])
def test_in_a_thread_what_answers_somebody_else_is_theirs(mention: tuple[str, ...], addressed: bool) -> None:
    """Of whom the message before mentioned, or in reply to a person: « ok je m’en occupe »."""
    said = text("ok je m’en occupe", **{"m.mentions": {"user_ids": list(mention)}})
    assert message(said, thread_is_mine=True, called=(ALICE,)).addressed is addressed
    assert message(said, thread_is_mine=True, called=(BOB,)).addressed
    replies = {"rel_type": "m.thread", "event_id": "$root", "m.in_reply_to": {"event_id": "$his"}}
    his = {"$his": Related(sender=BOB, text="Qui s’en occupe ?")}
    assert message(said | {"m.relates_to": replies}, thread_is_mine=True, related=his).addressed is addressed


@pytest.mark.parametrize(
    ("said", "addressed"),
    [
        ("Bob, tu confonds je crois", False),
        ("@bob b : et toi ?", False),
        ("Alice, c'est moi", True),
        ("Assistant, et Bob ?", True),
        ("Bobine, au pluriel ?", True),
        ("et pour Bob, combien ?", True),
    ],
)
def test_in_a_thread_what_calls_somebody_else_by_name_is_theirs(said: str, addressed: bool) -> None:
    """Without a mention too; not in reply to the bot, where « Bob, pas Paul » corrects it."""
    assert message(text(said), thread_is_mine=True).addressed is addressed
    assert message(
        text(said) | {"m.relates_to": {"m.in_reply_to": {"event_id": "$mine"}}}, related=MINE
    ).addressed


ROOM_LINK = "https://tchap.gouv.fr/#/room"


@pytest.mark.parametrize(
    "link", ["!r:agents.fr/$old", "%21r%3Aagents.fr/%24old?via=agents.fr", "!autre:agents.fr/$old"]
)
def test_a_message_that_a_text_links_to_is_what_it_is_about(link: str) -> None:
    """As in a reply to it; of another room nothing is read, and a link to an answer of ours calls nobody."""
    said = text(f"Assistant: que penses-tu de {ROOM_LINK}/{link} ?")
    here = "autre" not in link
    assert points_to(read(event(said))) == ("$old" if here else None)
    found = message(said, related={"$old": Related(sender=BOB, text="Le devis est trop cher.")})
    assert (found.reply_to, found.quoted) == (("$old", "Le devis est trop cher.") if here else (None, ""))
    ours = message(text(f"regardez {ROOM_LINK}/{link}"), related={"$old": Related(sender=BOT)})
    assert not ours.addressed


def test_who_is_mentioned_and_who_is_a_bot() -> None:
    """Both are told: by `m.mentions`, else by links to people; an account that is listed is a program's."""
    said = message(text("Bob et Bob", **{"m.mentions": {"user_ids": [BOB, BOB, 3]}}))
    assert (said.mentions, said.from_bot) == ((BOB,), False)
    robot = parsed(event(text("!aide")), direct=False, bots={ALICE})
    assert isinstance(robot, Message)
    assert robot.from_bot


def edit(body: str, target: str = "$q") -> dict[str, Any]:
    relation = {"rel_type": "m.replace", "event_id": target}
    return text(f"* {body}", **{"m.new_content": text(body), "m.relates_to": relation})


def test_an_edit_is_the_new_state_of_the_message() -> None:
    """Its message keeps the id, key, thread and reply of the first."""
    before = {"$q": Related(sender=ALICE, thread="$root", reply_to="$x")}
    edited = parsed(event(edit("mieux")), related=before)
    assert isinstance(edited, Edited)
    assert (edited.key, edited.target, edited.address.thread) == ("tchap:!r:agents.fr:$e", "$q", "$root")
    assert (edited.message.id, edited.message.key) == ("$q", "tchap:!r:agents.fr:$q")
    assert (edited.message.text, edited.message.reply_to) == ("mieux", "$x")


def test_an_edited_poll_is_no_second_one() -> None:
    """It is the new state of the first, as it is shown now."""
    relation = {"rel_type": "m.replace", "event_id": "$q"}
    old = {"org.matrix.msc3381.poll.start": {"question": {"org.matrix.msc1767.text": "* Quand ?"}}}
    content = old | {"m.new_content": POLL["content"], "m.relates_to": relation}
    raw = event({}) | {"type": POLL["type"], "content": content, "sender": ALICE}
    assert points_to(read(raw)) == "$q"
    edited = parsed(raw, related={"$q": Related(sender=ALICE)})
    assert isinstance(edited, Edited)
    assert edited.message.quoted.startswith("Sondage\u00a0: Quel jour ?")


@pytest.mark.parametrize("before", [{}, {"$q": Related(sender=BOB)}])
def test_nobody_edits_for_another(before: dict[str, Related]) -> None:
    """An edit by someone else, or of an unknown message, is dropped."""
    assert parsed(event(edit("pirate")), related=before) is None


@pytest.mark.parametrize(
    "content",
    [
        {"msgtype": "m.notice", "body": "automate"},
        {"msgtype": "m.key.verification.request", "body": "vérifier"},
        {"msgtype": ["m.text"], "body": "liste"},
        {},
    ],
)
def test_what_is_no_question(content: dict[str, Any]) -> None:
    """Notices, verifications and deleted messages are not for the bot."""
    assert parsed(event(content)) is None


PLACE = {"content": {"msgtype": "m.location", "body": "ici", "geo_uri": "geo:1,2"}}


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        (POLL, "Sondage\u00a0: Quel jour ? — Lundi\u00a0: 0, Mardi\u00a0: 0"),
        (PLACE, "Lieu\u00a0: ici (geo:1,2)"),
    ],
)
def test_a_poll_or_a_place_is_shown_in_a_direct_chat(shown: dict[str, Any], told: str) -> None:
    """It says nothing and orders nothing; in a room it is for its people."""
    raw = event({}) | shown | {"sender": ALICE}
    said = parsed(raw)
    assert isinstance(said, Message)
    assert (said.text, said.quoted, said.addressed) == ("", told, True)
    assert parsed(raw, direct=False) is None


def test_its_own_messages_are_no_events() -> None:
    """From whichever device they came."""
    assert parsed(event(text("moi"), sender=BOT)) is None


def test_deletions_of_both_room_versions() -> None:
    """Until version 10 `redacts` stands beside the content, then in it."""
    for raw in (
        event({}, type="m.room.redaction", redacts="$q"),
        event({"redacts": "$q"}, type="m.room.redaction"),
    ):
        deleted = parsed(raw, direct=False)
        assert isinstance(deleted, Deleted)
        assert deleted.target == "$q"


def test_reactions_to_the_bot_only() -> None:
    """A reaction to somebody else's message does not concern it."""
    raw = event(
        {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$mine", "key": "👍"}}, type="m.reaction"
    )
    reacted = parsed(raw, direct=False, related=MINE)
    assert isinstance(reacted, Reacted)
    assert reacted.reaction == "👍"
    assert parsed(raw, direct=False, related={"$mine": Related(sender=BOB)}) is None


ENCRYPTED = {"url": "mxc://agents.fr/abc", "key": {"k": "KEY"}, "iv": "IV", "hashes": {"sha256": "HASH"}}


@pytest.mark.parametrize(
    ("content", "said", "name", "reference"),
    [
        (
            {"msgtype": "m.file", "body": "a.pdf", "url": "mxc://agents.fr/abc"},
            "",
            "a.pdf",
            {"mxc": "mxc://agents.fr/abc"},
        ),
        (
            {"msgtype": "m.image", "body": "Lis ceci", "filename": "a.png", "file": ENCRYPTED},
            "Lis ceci",
            "a.png",
            {"mxc": "mxc://agents.fr/abc", "key": "KEY", "iv": "IV", "sha256": "HASH"},
        ),
        ({"msgtype": "m.file", "body": "../../etc/passwd", "url": "http://x/y"}, "", "_.._etc_passwd", {}),
        ({"msgtype": "m.audio", "body": "", "file": {"url": "mxc://agents.fr/abc"}}, "", "fichier", {}),
    ],
)
def test_files(content: dict[str, Any], said: str, name: str, reference: dict[str, str]) -> None:
    """A caption is text, a name is harmless, and a file without a usable address has no reference."""
    sent = message(content, direct=True)
    [attachment] = sent.attachments
    assert (sent.text, attachment.name, attachment.reference) == (said, name, reference)


def test_what_is_to_be_looked_up() -> None:
    """Replies, edits and reactions point to events; a thread to its root."""
    assert points_to(read(event(reply("?", "$a")))) == "$a"
    assert points_to(read(event(edit("x")))) == "$q"
    thread = {"m.relates_to": {"rel_type": "m.thread", "event_id": "$root", "is_falling_back": True}}
    below = read(event(text("x", **thread)))
    assert (below.thread, points_to(below)) == ("$root", None)
    alone = read(event(text("x")))
    assert (alone.thread, points_to(alone)) == (None, None)


def test_keys_of_notices() -> None:
    """The notice of an episode has one key, whichever of its events is at hand; a repeated invitation too."""
    first, second = (
        undecryptable(room(), sender=sender, at=1.0, thread=None, episode="$e") for sender in (ALICE, BOT)
    )
    assert first.key == second.key
    assert invited("!r", ALICE, 10.0).key == invited("!r", ALICE, 20.0).key


FIELDS = (
    *("msgtype", "body", "m.relates_to", "rel_type", "event_id", "m.new_content", "file", "url", "key"),
    *("info", "size", "m.mentions", "user_ids", "m.in_reply_to", "filename", "hashes", "redacts"),
)

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.text(max_size=8)
    | st.sampled_from(["m.text", BOT, "$q"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    content=_JSON, kind=st.sampled_from(["m.room.message", "m.reaction", "m.room.redaction", "x"]), ts=_JSON
)
def test_any_content_is_survived(content: Any, kind: str, ts: Any) -> None:
    """Whatever JSON somebody sends, parsing gives an event or nothing."""
    raw = event(content, type=kind, origin_server_ts=ts, unsigned={"age": ts})
    found = RoomEvent.read(raw, "!r:agents.fr", now=1.0)
    if found is not None:
        target = points_to(found)
        parsed(raw, related={target: Related(sender=ALICE)} if target else {})
