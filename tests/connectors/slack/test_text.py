"""Slack's escaped text becomes what a person reads, so that no word hides from assessment."""

import pytest

from connectors.slack.text import decode, emoji, mentions

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


@pytest.mark.parametrize(("name", "character"), [("one", "1️⃣"), ("no_entry_sign", "🚫"), ("tada", "🎉")])
def test_reactions_come_as_characters(name: str, character: str) -> None:
    """What the core knows are characters, not a platform's names."""
    assert emoji(name) == character


def test_a_workspace_s_own_emoji_has_no_character() -> None:
    """It stays a name."""
    assert emoji("logo_du_ministere") is None
