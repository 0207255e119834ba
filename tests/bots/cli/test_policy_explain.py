"""`relais policy explain`: which model would read a file there, and why, or why none."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from bots.cli.policy_explain import explain
from core.config.settings import Settings

POLICY = """
[[models]]
id = "petit"
served = "p"
url = "https://llm.ministere.example/v1"
clearance = "N1"
active_parameters = 8

[[models]]
id = "grand"
served = "g"
url = "https://llm.ministere.example/v1"
clearance = "N3"
active_parameters = 100

[markings.cercle]
pattern = "CERCLE BLEU"
level = "N3"
"""


def said(folder: Path, text: bytes, channel: str, name: str = "note.txt") -> tuple[int, str]:
    policy, file = folder / "policy.toml", folder / name
    policy.write_text(POLICY)
    file.write_bytes(text)
    with redirect_stdout(io.StringIO()) as out:
        code = explain(file, channel, settings=Settings(policy=policy))
    return code, out.getvalue().replace("\u00a0", " ")


def test_the_smallest_cleared_model_reads_it(tmp_path: Path) -> None:
    """Each model is shown with the reason, the one that answers marked."""
    code, text = said(tmp_path, b"TLP:AMBER\n\nNote", "tchap_encrypted")
    assert code == 0
    assert "niveau N2" in text
    assert "→ grand" in text
    assert "petit" in text
    assert "n’est pas habilité à ce niveau" in text
    assert "Décision : grand lit ce fichier." in text


@pytest.mark.parametrize(
    ("text", "channel", "why"),
    [
        (b"TLP:AMBER\n\nNote", "tchap_encrypted_guests", "au-dessus du plafond de ce canal"),
        (b"CERCLE BLEU\n\nNote", "tchap_encrypted", "au-dessus du plafond de ce canal"),
        (b"DIFFUSION RESTREINTE\n\nNote", "console", "aucun canal ni modèle homologué"),
        (b"SECRET\n\nNote", "console", "quel que soit le réglage"),
    ],
)
def test_a_refusal_says_why(tmp_path: Path, text: bytes, channel: str, why: str) -> None:
    """The channel, the level, the policy's own markings: the reason is named, and the code is 3."""
    code, shown = said(tmp_path, text, channel)
    assert code == 3
    assert why in shown


def test_a_doubt_is_named(tmp_path: Path) -> None:
    """What a person would be asked is said, with the level if they deny it."""
    _, text = said(tmp_path, b"Bonjour", "console", name="SECRET projet.txt")
    assert "à confirmer par la personne" in text
    assert "sinon N1" in text


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """Its level is unknown."""
    code, text = said(tmp_path, b"\x00\x01\x02\xff" * 50, "console", name="x.bin")
    assert code == 3
    assert "niveau inconnu" in text
