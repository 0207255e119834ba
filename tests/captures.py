"""Pictures of what people read, at a telephone's width, and the page with their text (docs/captures.md).

Each conversation is really held with a core in memory; its answers are rendered as for Matrix, and Debian's
chromium takes the picture: `python -m tests.captures`. `tests/core/test_demonstration.py` holds them
again and compares the page.

Beside each stands what the version of 25 November 2026, before plain words were understood, answered to the
same (tests/data/captures/before.json): it was held in the same way, and where that version asked a model, the
answer of a model that knows nothing of the bot was recorded.
"""

from __future__ import annotations

import asyncio
import html
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.tchap.render import plain_and_html
from tests.core.conftest import core_on
from tests.core.test_demonstration import policy
from tests.rig.gateway import Behaviour
from tests.rig.platform import Platform, message

DOCS = Path(__file__).parents[1] / "docs"
BEFORE = Path(__file__).parent / "data" / "captures" / "before.json"
WIDTH = 390
"""CSS pixels of a telephone."""


@dataclass(frozen=True, kw_only=True)
class Capture:
    """A conversation. `answer` is the model's; `known`: the person met the bot before."""

    name: str
    title: str
    said: tuple[str, ...]
    answer: str = ""
    known: bool = True


CAPTURES = (
    Capture(
        name="accueil",
        title="La première minute",
        said=("Bonjour",),
        answer="Bonjour ! Que puis-je faire ?",
        known=False,
    ),
    Capture(name="aide", title="« aide »", said=("aide",)),
    Capture(name="donnees", title="Où partent mes données ?", said=("où partent mes données ?",)),
    Capture(
        name="doute",
        title="Un doute, et une réponse en toutes lettres",
        said=("Diffusion restreinte\n\nComment présenter ce chapitre ?", "non, c’est le titre du chapitre"),
        answer="Par une phrase qui dit à qui la mention s’applique.",
    ),
    Capture(
        name="refus",
        title="Un refus qui aide",
        said=("MINISTÈRE DE LA TRANSITION\n\nDIFFUSION RESTREINTE\n\nPlan des accès au site.", "Pourquoi ?"),
    ),
    Capture(
        name="niveau", title="Un niveau, en mots, et son retour", said=("passe en sensible", "!niveau N1")
    ),
    Capture(name="plafond", title="Un niveau que ce salon ne peut pas porter", said=("passe en N3",)),
    Capture(
        name="detresse",
        title="Qui appeler, avant toute réponse",
        said=("Je n’en peux plus, j’ai envie d’en finir",),
        answer="Je suis désolé que ce soit si dur. Parlez à quelqu’un maintenant.",
    ),
    Capture(name="effacer", title="Effacer ses données, en deux temps", said=("efface mes données", "non")),
    Capture(
        name="signature",
        title="Une réponse, et sa ligne discrète",
        said=("Mon numéro est 1 85 05 78 006 084 91 : à quoi correspond-il ?", "merci !"),
        answer="C’est un numéro de sécurité sociale : sexe, année, mois et lieu de naissance, rang, clé.",
    ),
)

_PAGE = """<!doctype html><html lang="fr"><meta charset="utf-8"><style>
body{{margin:0;background:#f2f2f7;font:16px/1.4 "DejaVu Sans",sans-serif;color:#161616}}
header{{background:#fff;padding:14px 16px;font-weight:bold;border-bottom:1px solid #ddd}}
main{{padding:12px}} .m{{border-radius:14px;padding:10px 14px;margin:0 0 10px;overflow-wrap:anywhere}}
.p{{background:#000091;color:#fff;margin-left:48px;white-space:pre-wrap}}
.b{{background:#fff;margin-right:24px}} .b p{{margin:.4em 0}} .b ul,.b ol{{padding-left:1.2em;margin:.4em 0}}
code{{background:#eee}} hr{{border:0;border-top:1px solid #ccc}}
</style><header>Assistant</header><main>{messages}</main></html>"""


async def held(capture: Capture, folder: Path) -> list[tuple[str, str]]:
    """Hold the conversation: (what the person wrote, what the bot answered), in order."""
    told: list[tuple[str, str]] = []
    async with core_on(folder, platform=Platform(), policy=policy) as core:
        if capture.known:
            await core.sessions.greet_once("@a:x", "earlier")
        core.gateway.behaviour = Behaviour(answer=capture.answer)
        for count, text in enumerate(capture.said, 1):
            await core.tell(message(text, room="!direct:x", direct=True))
            told.append((text, (await core.platform.answered(count))[-1].text))
    return told


def page(told: Sequence[tuple[str, str]]) -> str:
    """The conversation as a telephone shows it."""
    shown: list[str] = []
    for text, answer in told:
        plain, formatted = plain_and_html(answer)
        body = formatted or f"<p>{html.escape(plain)}</p>"
        shown += [f'<div class="m p">{html.escape(text)}</div>', f'<div class="m b">{body}</div>']
    return _PAGE.format(messages="".join(shown))


def picture(told: Sequence[tuple[str, str]], name: str) -> str:
    """Have chromium take the picture; return its place beside the page."""
    lines = sum(len(line) // 36 + 1 for pair in told for text in pair for line in text.split("\n"))
    image = f"images/telephone-{name}.png"
    with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8") as file:
        file.write(page(told))
        file.flush()
        command = [
            *("chromium", "--headless", "--no-sandbox", "--hide-scrollbars", "--disable-gpu"),
            f"--window-size={WIDTH},{160 + 24 * lines}",
            f"--screenshot={DOCS / image}",
            f"file://{file.name}",
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    return image


def written(told: Sequence[tuple[str, str]]) -> str:
    """The conversation as the page tells it."""
    read: list[str] = []
    for text, answer in told:
        read += [
            f"**L’agent écrit\u00a0:** {' '.join(text.split())}\n",
            "**L’assistant répond\u00a0:**\n",
            "\n".join(f"> {line}".rstrip() for line in answer.split("\n")) + "\n",
        ]
    return "\n".join(read)


async def main() -> None:
    """Take all pictures and write the page."""
    read = [
        "# Ce que l’on lit, sur un téléphone\n",
        "Dix conversations, tenues pour de vrai (`python -m tests.captures`)\u202f; la réponse du modèle y "
        "est enregistrée. À gauche, ce que répondait la version du 25 novembre 2026, où les mots de tous les "
        "jours allaient au modèle, qui ne sait rien de l’assistant\u202f; à droite, ce qui est répondu "
        "aujourd’hui. Sous chaque image, son texte, à lire ou à écouter.\n",
    ]
    earlier: dict[str, list[tuple[str, str]]] = json.loads(BEFORE.read_text(encoding="utf-8"))
    for capture in CAPTURES:
        with tempfile.TemporaryDirectory() as folder:
            told = await held(capture, Path(folder))
        before = picture(earlier[capture.name], f"{capture.name}-avant")
        after = picture(told, capture.name)
        read += [
            f"## {capture.title}\n",
            f"| Avant | Aujourd’hui |\n|---|---|\n| ![{capture.title}, avant\u00a0: le texte suit]({before}) "
            f"| ![{capture.title}\u00a0: le texte suit]({after}) |\n",
            "### Avant\n",
            written(earlier[capture.name]),
            "### Aujourd’hui\n",
            written(told),
        ]
    (DOCS / "captures.md").write_text("\n".join(read), encoding="utf-8")
    sys.stdout.write(f"{len(CAPTURES)} pairs of pictures\n")


if __name__ == "__main__":
    asyncio.run(main())
