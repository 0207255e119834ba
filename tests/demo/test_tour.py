"""The tour of `make demo`, as a person at a terminal sees it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.demo import scenes
from tests.demo.demo import answer


@pytest.mark.timeout(300)
async def test_the_tour_plays_by_itself_and_its_scenes_play_again_by_name(tmp_path: Path) -> None:
    """Six scenes in encrypted rooms: minutes with links, a correction, a refusal told in private, a file that
    is stopped, a false figure that is found, a mail; then a question of one's own, scene 4 again, and a
    number, which the bot's welcome offers."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("RELAIS_")}
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.demo"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**environ, "RELAIS_DATA_DIR": str(tmp_path)},
    )
    out, _ = await demo.communicate("Bonjour\n/scène 4\n1\n".encode())
    shown = out.decode().replace("\u00a0", " ").replace("\u202f", " ")
    _, *told = shown.split("─" * 72 + "\n")
    scene = {each[0]: each + then for each, then in zip(told[::2], told[1::2], strict=True)}
    assert demo.returncode == 0
    assert "enregistrées" in shown.partition("─")[0]
    assert all(word in scene["1"] for word in ("Décidé", "60 messages", "https://", "Désaccords"))
    assert "corrigé par Camille" in scene["2"]
    assert "Trois étapes" in scene["3"]
    assert "Je ne peux pas traiter ce message ici. J’écris pourquoi" in scene["3"]
    assert "dans « Travaux du quai nord », a été refusé" in scene["3"].partition("à Camille seule")[2]
    assert "DIFFUSION RESTREINTE" in scene["4"]
    assert "À vérifier" in scene["5"]
    assert "4,8 millions" in scene["5"].partition("À vérifier")[2]
    assert "jeudi 3 décembre" in scene["6"]
    assert shown.count("4. Un fichier marqué") == 2
    assert "réponse enregistrée" in shown.rpartition("termine")[2]


def test_recorded_minutes_lead_to_the_messages_that_they_rest_on() -> None:
    """Numbers are those of the conversation that was sent, whatever they are."""
    sent = "".join(f"[m{n}]\n{who} : {text}\n" for n, (who, text) in enumerate(scenes.TALK, 7))
    assert answer(sent, "").count('"messages":[') == len(scenes.POINTS)
    assert len(scenes.TALK) == 60
