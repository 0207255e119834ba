"""Slack's escaped text becomes what a person reads, so that no word hides from assessment."""

from typing import Any

import pytest

from connectors.slack.text import calls_others, decode, emoji, forwarded, mentions, whole
from tests.rig.growth import assert_linear

NAMES = {"U1": "Ana Ruiz"}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("R&amp;D &lt;b&gt;", "R&D <b>"),
        ("<@UBOT> bonjour", "bonjour"),
        ("demande à <@U1>", "demande à @Ana Ruiz"),
        ("<@U9> et <@U8|léo>", "@quelqu’un et @léo"),
        ("voir <https://a.example/x>", "voir https://a.example/x"),
        ("voir <https://a.example/x|a.example/x>", "voir https://a.example/x"),
        ("<https://pirate.example|impots.gouv.fr>", "impots.gouv.fr (https://pirate.example)"),
        (
            "<mailto:ana@a.example|ana@a.example> <tel:+33140000000|+33140000000>",
            "ana@a.example +33140000000",
        ),
        ("<mailto:pirate@b.example|ana@a.example>", "ana@a.example (pirate@b.example)"),
        ("dans <#C12|projet> <!here> <!subteam^S1|@equipe>", "dans #projet @here @equipe"),
        ("top :+1: :no_entry_sign: :inconnu_ici:", "top 👍 🚫 :inconnu_ici:"),
        ("DIFFUSION &lt;RESTREINTE&gt;", "DIFFUSION <RESTREINTE>"),
        ("10:30:45", "10:30:45"),
    ],
)
def test_decodes_as_a_person_reads_it(text: str, read: str) -> None:
    """Entities, people, channels, links with labels, emoji."""
    assert decode(text, NAMES, own="UBOT") == read


def test_tells_who_is_mentioned() -> None:
    """People only, with or without a label."""
    assert mentions("<@U1> <@U2|x> <#C1|y> <!here> <https://a>") == {"U1", "U2"}


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("<!subteam^S1|@compta> un avis ?", True),
        ("<!subteam^S1> un avis ?", True),
        ("<!here> réunion", True),
        ("<!channel>", True),
        ("<!everyone|everyone>", True),
        ("le <!date^1392734382^{date_short}|18 février 2014> ?", False),
        ("@here &lt;!here&gt; <https://a/?x=!here>", False),
    ],
)
def test_tells_whether_a_group_is_called(text: str, calls: bool) -> None:
    """A group of people, or all who are there; a date is written in the same brackets."""
    assert calls_others(text) is calls


@pytest.mark.parametrize(("name", "character"), [("one", "1️⃣"), ("no_entry_sign", "🚫"), ("tada", "🎉")])
def test_reactions_come_as_characters(name: str, character: str) -> None:
    """What the core knows are characters, not a platform's names."""
    assert emoji(name) == character


def test_a_workspace_s_own_emoji_has_no_character() -> None:
    """It stays a name."""
    assert emoji("logo_du_ministere") is None


def rich(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def cell(text: str) -> dict[str, Any]:
    return rich({"type": "text", "text": text})


RICH = rich(
    {"type": "user", "user_id": "UBOT"},
    {"type": "text", "text": " R&D, voir "},
    {"type": "link", "url": "https://a.example/?b=1&c=2", "text": "ici"},
    {"type": "text", "text": " ou "},
    {"type": "link", "url": "https://b.example"},
    {"type": "text", "text": " dans "},
    {"type": "channel", "channel_id": "C1"},
    {"type": "emoji", "name": "wave"},
    {"type": "text", "text": " merci ", "style": {"bold": True}},
    {"type": "broadcast", "range": "here"},
)
SAID = (
    "<@UBOT> R&amp;D, voir <https://a.example/?b=1&amp;c=2|ici> ou <https://b.example> "
    "dans <#C1>:wave: merci <!here>"
)


def test_a_text_that_is_in_blocks_alone_is_written_as_slack_writes_it() -> None:
    """People, links, channels and emoji too: what is decoded and assessed is the same."""
    assert whole("", [RICH]) == SAID


def test_a_text_that_is_in_its_blocks_too_is_read_once() -> None:
    """Slack writes what people type twice: as text and as rich text."""
    said = SAID.replace(" merci ", " *merci* ").replace("<#C1>", "<#C1|projet>")
    quote = rich({"type": "text", "text": "une ligne\nune autre"})
    assert whole(f"{said}\n&gt; une ligne\n&gt; une autre", [RICH, quote]).count("autre") == 1


def test_a_long_list_that_is_in_its_blocks_too_takes_no_time() -> None:
    """As many lines as Slack takes: each is looked for after the one before."""
    lines = "".join(f"{number}\n" for number in range(60_000))
    assert_linear(lambda text: whole(text, [cell(text)]), lines)


@pytest.mark.parametrize(
    "block",
    [
        {"type": "table", "rows": [[cell("Nom"), cell("IBAN")], [cell("Anne"), cell("FR76 3000")]]},
        {
            "type": "table",
            "rows": [[{"type": "raw_text", "text": "IBAN"}, {"type": "raw_text", "text": "FR76 3000"}]],
        },
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "IBAN FR76 3000"}]},
        {"type": "image", "alt_text": "IBAN FR76 3000", "title": {"type": "plain_text", "text": "Un relevé"}},
        cell("IBAN FR76 3000"),
    ],
)
def test_what_blocks_hold_beyond_the_text_is_read(block: dict[str, Any]) -> None:
    """A table that was pasted, or words that its text does not have: nothing hides from assessment."""
    said = whole("résume ceci", [cell("résume ceci"), block])
    assert said.startswith("résume ceci\n\n")
    assert ("IBAN" in said, "FR76 3000" in said) == (True, True)


def test_a_forwarded_message_is_read_with_its_blocks() -> None:
    """Its text, and the table below it."""
    table = {"type": "table", "rows": [[cell("FR76 3000")]]}
    shared = {
        "is_share": True,
        "text": "Le relevé",
        "message_blocks": [{"message": {"blocks": [cell("Le relevé"), table]}}],
    }
    assert forwarded({"attachments": [shared]}) == "Le relevé\n\nFR76 3000"
