"""`relais policy check` shows what holds, and what a valid policy may have forgotten."""

import io
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from bots.cli.policy_check import check
from core.config.settings import GatewaySettings, Settings
from core.errors import ConfigurationError

MODEL = """
[[models]]
id = "petit"
served = "ministral-8b-2410"
url = "https://llm.ministere.example/v1"
clearance = "N3"
"""


def shown(path: Path | None, settings: Settings | None = None) -> str:
    with redirect_stdout(io.StringIO()) as out:
        assert check(path, settings=settings or Settings()) == 0
    return out.getvalue()


def test_the_policy_in_force_is_shown_without_a_file() -> None:
    """The shipped one: ceilings, unmarked levels, quotas and retention, and nothing to remark."""
    said = shown(None)
    assert said.startswith("Politique valide : celle livrée avec relais\n")
    for line in (
        "  extraits                 N3  extracts     extraits, sans IA\n",
        "  Tchap, salon chiffré         N2 Sensible           N1 Interne\n",
        "Quotas d’une personne : 10 messages par minute, 200\u202f000 jetons par jour\n",
        "Conservation des échanges : 30 jours\n",
    ):
        assert line in said
    assert "Remarques" not in said


@pytest.mark.parametrize(
    ("source", "remark"),
    [
        ("[ceilings]\nconsole = 'N3'", "Slack : absent de [ceilings], donc rien n’y est répondu."),
        (
            MODEL + "api_key_env = 'LA_CLE'",
            "Le modèle petit attend sa clé dans LA_CLE, qui n’est pas donnée.",
        ),
        (
            MODEL.replace("N3", "N0"),
            "Courriel porte N2, mais le modèle pour les questions est habilité N0 au plus : refus au-delà.",
        ),
        (
            MODEL + "tasks = ['chat']",
            "Terminal porte N3, mais le modèle pour les synthèses est absent : refus au-delà.",
        ),
    ],
)
def test_what_a_valid_policy_may_have_forgotten_is_said(tmp_path: Path, source: str, remark: str) -> None:
    """Valid, and still not what one wants."""
    (tmp_path / "p.toml").write_text(source)
    assert f"  • {remark}\n" in shown(tmp_path / "p.toml")


def test_a_complete_policy_has_no_remark(tmp_path: Path) -> None:
    """Every channel is covered by a model."""
    (tmp_path / "p.toml").write_text(MODEL + "[quotas]\n[markings.x]\npattern='X'\nlevel='N2'")
    said = shown(tmp_path / "p.toml")
    assert "Remarques" not in said
    assert "Quotas d’une personne : sans limite" in said
    assert "Mention x : N2, forte" in said


def test_a_gateway_that_needs_no_key_is_no_omission() -> None:
    """Behind a proxy of the ministry there is often none."""
    settings = Settings(gateway=GatewaySettings(url="https://llm.example/v1", model="m"))
    assert "attend sa clé" not in shown(None, settings)


def test_a_wrong_policy_is_raised_for_the_command_line(tmp_path: Path) -> None:
    """`main` says it and ends with 2."""
    (tmp_path / "p.toml").write_text("[ceilings]\nslack = 'N9'")
    with pytest.raises(ConfigurationError, match=r"p\.toml:2 ceilings\.slack"):
        check(tmp_path / "p.toml", settings=Settings())
