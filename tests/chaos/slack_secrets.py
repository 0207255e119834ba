"""Planted secrets in Slack: each refused within two seconds, and no request to Slack holds a word of any.

`python -m tests.chaos.slack_secrets [--count 1000]`, in channels and in direct chats by turns. Prints the
figures, and ends with 1 when one was repeated, reached a model or was refused late.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import string
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.rig.gateway import fake_gateway
from tests.rig.slack.stage import plant, sent, staged

LATE = 2.0
"""Seconds."""
_NAMES = ("Aristote", "Hippolyte", "Cassandre", "Zephyrin", "Melusine", "Ondine", "Perceval", "Tiburce")


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choices(string.digits, k=count))


def _letters(chance: random.Random, count: int) -> str:
    return "".join(chance.choices(string.ascii_letters + string.digits, k=count))


def _iban(chance: random.Random) -> tuple[str, str]:
    account = _digits(chance, 21)
    bban = f"{account}{97 - int(account) * 100 % 97:02}"
    check = 98 - int(f"{bban}152700") % 97
    spaced = " ".join(f"FR{check:02}{bban}"[n : n + 4] for n in range(0, 27, 4))
    return f"Merci de virer 300 euros à Anne Petit, IBAN {spaced}", spaced[5:24]


def _nir(chance: random.Random) -> tuple[str, str]:
    number = f"{chance.choice('12')}{_digits(chance, 2)}0{chance.randint(1, 9)}75{_digits(chance, 6)}"
    whole = f"{number}{97 - int(number) % 97:02}"
    return f"Mon numéro de sécurité sociale est le {whole}", whole[5:]


def _password(chance: random.Random) -> tuple[str, str]:
    secret = f"Zoe-{_letters(chance, 10)}!9k"
    return f"Le mot de passe de la messagerie est {secret}", secret


def _cloud_key(chance: random.Random) -> tuple[str, str]:
    secret = _letters(chance, 40)
    return f"AWS_SECRET_ACCESS_KEY={secret}", secret


def _token(chance: random.Random) -> tuple[str, str]:
    secret = _letters(chance, 36)
    return f"voici mon jeton ghp_{secret}", secret


def _marked(mark: str) -> Callable[[random.Random], tuple[str, str]]:
    def made(chance: random.Random) -> tuple[str, str]:
        name = f"{chance.choice(_NAMES)}-{_digits(chance, 6)}"
        return f"{mark}\nLa note {name} est signée", name

    return made


def _health(chance: random.Random) -> tuple[str, str]:
    name = f"Durand{_letters(chance, 6).lower()}"
    return f"Paul {name}, né le 3 mai 1980, est en arrêt maladie pour dépression", name


KINDS = (
    _iban, _nir, _password, _cloud_key, _token, _health, _marked("DIFFUSION RESTREINTE"),
    _marked("CONFIDENTIEL"), _marked("SECRET DÉFENSE"), _marked("TRÈS SECRET"),
)  # fmt: skip


async def planted(folder: Path, count: int, *, seed: int = 7) -> tuple[list[float], list[str], int]:
    """Plant so many, half of them in channels; seconds until each was answered, those that were repeated, and
    how many requests reached a model."""
    chance = random.Random(seed)
    secrets = [KINDS[number % len(KINDS)](chance) for number in range(count // 2)]
    async with fake_gateway() as gateway, staged(folder, gateway) as stage:
        seconds = await plant(stage, secrets)
        said = sent(stage) + stage.bot.log + stage.bot.output
        return seconds, [core for _, core in secrets if core in said], len(gateway.received)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seconds, repeated, asked = asyncio.run(planted(Path(folder), options.count))
    late = sum(each > LATE for each in seconds)
    print(
        f"Slack: {len(seconds)} secrets, slowest refusal {max(seconds):.1f} s, {late} after {LATE:.0f} s: "
        f"{len(repeated)} repeated, {asked} requests to models"
    )
    return 1 if late or repeated or asked else 0


if __name__ == "__main__":
    sys.exit(main())
