"""The command line: `relais …`. Each command imports only what it needs, so that it starts at once.

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 refused by policy.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import unicodedata
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ConfigurationError, RelaisError, StoreRefused

if TYPE_CHECKING:
    from core.policy.file import PolicyFile

DONE, FAILED, WRONG, REFUSED = 0, 1, 2, 3


def main() -> int:
    """Parse the arguments, run the command, and end with one clear line when it cannot be done."""
    options = _parser().parse_args()
    try:
        return options.command(options)
    except (ConfigurationError, StoreRefused) as error:
        print(f"relais: {error}", file=sys.stderr)  # noqa: T201
        return WRONG
    except RelaisError as error:
        print(f"relais: {error}", file=sys.stderr)  # noqa: T201
        return FAILED
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED


def _file(given: str) -> Path:
    """A path that can be written in an answer: JSON holds UTF-8, and a terminal obeys control signs."""
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in given):
        raise argparse.ArgumentTypeError(
            f"le nom {given!a} contient des signes qui ne s’affichent pas : renommez le fichier"
        )
    return Path(given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="relais", description="L’assistant du ministère, dans Tchap, Slack et par courriel."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMANDE")

    def command(
        name: str, text: str, function: Callable[[argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=function)
        return added

    command("run", "Lancer l’assistant avec tous les connecteurs configurés.", _run)
    demo = command("demo", "Essayer l’assistant dans un salon chiffré sur cette machine.", _demo)
    demo.add_argument("--ask", metavar="QUESTION", help="poser une seule question, puis finir")
    demo.add_argument("--file", metavar="FICHIER", type=_file, help="envoyer ce fichier avant la question")
    command("chat", "Parler à l’assistant dans ce terminal.", _chat)
    read = command("read", "Montrer ce qui est lu dans des fichiers.", _read)
    scan = command("scan", "Trouver le niveau de sensibilité de fichiers, et pourquoi.", _scan)
    digest = command("digest", "Résumer des fichiers, ou répondre à une question sur eux.", _digest)
    digest.add_argument("--form", choices=["short", "note", "detailed"], default="note", help="sa longueur")
    digest.add_argument("--question", metavar="QUESTION", default="", help="y répondre au lieu de résumer")
    for files in (read, scan, digest):
        files.add_argument(
            "files", metavar="FICHIER", nargs="+", type=_file, help="« - » : l’entrée standard"
        )
        files.add_argument("--json", action="store_true", help="un seul document JSON")
    summarise = command(
        "summarise", "Résumer une conversation exportée, chaque ligne avec ses messages.", _summarise
    )
    summarise.add_argument("talk", metavar="TALK.json", type=_file, help="« - » : l’entrée standard")
    summarise.add_argument(
        "--form",
        choices=["digest", "compte-rendu", "manque", "passation"],
        default="compte-rendu",
        help="ce que l’on veut en faire",
    )
    summarise.add_argument("--json", action="store_true", help="un seul document JSON")
    policy = command("policy", "Vérifier une politique, ou expliquer ce qu’elle décide.", _policy)
    policy.add_argument("action", choices=["check", "explain"])
    policy.add_argument("file", metavar="FICHIER", nargs="?", type=_file, help="politique, ou fichier à lire")
    policy.add_argument("--channel", metavar="CANAL", help="pour explain, par exemple tchap_encrypted")
    policy.add_argument("--person", metavar="ID", help="pour explain : avec le modèle qu’elle a choisi")
    policy.add_argument("--task", choices=["chat", "summary"], default="chat", help="pour explain")
    doctor = command("doctor", "Vérifier chaque dépendance, avec le remède.", _doctor)
    doctor.add_argument("--json", action="store_true", help="un seul document JSON")
    person = command("person", "Remettre ou effacer ce qui est conservé sur une personne.", _person)
    person.add_argument("action", choices=["export", "erase"])
    person.add_argument("id", metavar="ID", help="l’identifiant de la personne, par exemple @nom:serveur")
    dead = command("dead", "Voir, relancer ou abandonner les messages en échec.", _dead)
    dead.add_argument("action", choices=["list", "retry", "drop"])
    dead.add_argument("id", metavar="ID", nargs="?")
    keys = command("keys", "Remplacer la clé qui scelle les contenus, pendant que relais tourne.", _keys)
    keys.add_argument("action", choices=["rotate"])
    audit = command("audit", "Exporter ou vérifier le journal des décisions.", _audit)
    audit.add_argument("action", choices=["export", "verify"])
    audit.add_argument("--head", metavar="TÊTE", default="", help="celle d’un export précédent, à retrouver")
    return parser


def _await(work: Coroutine[Any, Any, int]) -> int:
    return asyncio.run(work)


def _run(options: argparse.Namespace) -> int:
    from bots.serve import serve
    from core.telemetry import log

    try:
        return _await(serve())
    except RelaisError:
        raise
    except Exception as bug:  # noqa: BLE001 - Python itself would print its values, and with them what people write
        log.error("stopped_by_a_bug", error=bug)
        return FAILED


def _demo(options: argparse.Namespace) -> int:
    from bots.demo.demo import demo

    return demo(ask=options.ask, file=options.file)


def _chat(options: argparse.Namespace) -> int:
    from bots.serve import chat

    return _await(chat())


def _read(options: argparse.Namespace) -> int:
    from bots.cli.read import read

    return read(options.files, options.json, policy=_policy_in_force())


def _scan(options: argparse.Namespace) -> int:
    from bots.cli.scan import scan

    return scan(options.files, options.json, policy=_policy_in_force())


def _policy_in_force() -> PolicyFile:
    """The policy of the settings, whether or not its models can be asked now."""
    from core.config.settings import load_settings
    from core.policy.file import read_policy, shipped_policy

    file = load_settings().policy
    return read_policy(file) if file else shipped_policy()


def _digest(options: argparse.Namespace) -> int:
    from bots.cli.digest import digest

    return digest(options.files, form=options.form, question=options.question, as_json=options.json)


def _summarise(options: argparse.Namespace) -> int:
    from bots.cli.summarise import summarise

    return summarise(options.talk, form=options.form, as_json=options.json)


def _policy(options: argparse.Namespace) -> int:
    from bots.cli.policy_check import check

    if options.action == "check":
        return check(options.file)
    from bots.cli.policy_explain import CHANNELS, channel_of, explain

    channel = channel_of(options.channel)
    if options.file is None or channel is None:
        remedy = f"Donnez un fichier, et un canal parmi : {', '.join(CHANNELS)}"
        raise ConfigurationError("relais policy explain", "demande FICHIER --channel CANAL", remedy)
    return explain(options.file, channel, person=options.person, task=options.task)


def _doctor(options: argparse.Namespace) -> int:
    from bots.serve import doctor

    return _await(doctor(as_json=options.json))


def _person(options: argparse.Namespace) -> int:
    from bots.cli.admin import person

    return _await(person(options.action, options.id))


def _dead(options: argparse.Namespace) -> int:
    from bots.cli.admin import dead

    return _await(dead(options.action, options.id))


def _keys(options: argparse.Namespace) -> int:
    from bots.cli.admin import rotate

    return _await(rotate())


def _audit(options: argparse.Namespace) -> int:
    from bots.cli.audit import audit

    return _await(audit(options.action, options.head))


if __name__ == "__main__":
    sys.exit(main())
