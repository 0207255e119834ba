"""The command line: `relais …`. Each command imports only what it needs, so that it starts at once.

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 refused by policy.
"""

from __future__ import annotations

import argparse
import gc
import sys
import unicodedata
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bots.cli.usage import Parser, Said, language, said, speak
from core.errors import ConfigurationError, RelaisError, StoreRefused

if TYPE_CHECKING:
    from core.policy.file import PolicyFile

DONE, FAILED, WRONG, REFUSED = 0, 1, 2, 3


def main() -> int:
    """Parse the arguments, run the command, and end with one clear line when it cannot be done."""
    options = _parser(language()).parse_args()
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


def _file(say: Said, given: str) -> Path:
    """A path that can be written in an answer: JSON holds UTF-8, and a terminal obeys control signs."""
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in given):
        raise argparse.ArgumentTypeError(
            say(
                f"le nom {given!a} contient des signes qui ne s’affichent pas : renommez le fichier",
                f"the name {given!a} has signs that cannot be shown: rename the file",
            )
        )
    return Path(given)


def _parser(language: str) -> Parser:
    """All commands and their arguments, described in one language."""
    speak(language)
    say = said(language)
    parser = Parser(
        prog="relais",
        description=say(
            "L’assistant du ministère, dans Tchap, Slack et par courriel.",
            "The ministry’s assistant, in Tchap, in Slack and by mail.",
        ),
    )
    parser.add_version(say("dire la version", "tell the version"))
    commands = parser.add_subparsers(required=True, metavar=say("COMMANDE", "COMMAND"))

    def command(
        name: str, french: str, english: str, function: Callable[[argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        text = say(french, english)
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=function)
        return added

    def as_json(*several: argparse.ArgumentParser) -> None:
        for each in several:
            each.add_argument(
                "--json", action="store_true", help=say("un seul document JSON", "one JSON document")
            )

    file = partial(_file, say)
    files_ = say("FICHIER", "FILE")
    stdin = say("« - » : l’entrée standard", "“-”: standard input")

    command(
        "run",
        "Lancer l’assistant avec tous les connecteurs configurés.",
        "Run the assistant with all configured connectors.",
        _run,
    )
    demo = command(
        "demo",
        "Essayer l’assistant dans un salon chiffré sur cette machine.",
        "Try the assistant in an encrypted room on this machine.",
        _demo,
    )
    demo.add_argument(
        "--ask",
        metavar="QUESTION",
        help=say("poser une seule question, puis finir", "ask one question, then end"),
    )
    demo.add_argument(
        "--file",
        metavar=files_,
        type=file,
        help=say("envoyer ce fichier avant la question", "send this file before the question"),
    )
    command(
        "chat", "Parler à l’assistant dans ce terminal.", "Talk to the assistant in this terminal.", _chat
    )
    read = command("read", "Montrer ce qui est lu dans des fichiers.", "Show what is read in files.", _read)
    scan = command(
        "scan",
        "Trouver le niveau de sensibilité de fichiers, et pourquoi.",
        "Find the level of sensitivity of files, and why.",
        _scan,
    )
    digest = command(
        "digest",
        "Résumer des fichiers, ou répondre à une question sur eux.",
        "Summarise files, or answer a question about them.",
        _digest,
    )
    digest.add_argument(
        "--form", choices=["short", "note", "detailed"], default="note", help=say("sa longueur", "how long")
    )
    digest.add_argument(
        "--question",
        metavar="QUESTION",
        default="",
        help=say("y répondre au lieu de résumer", "answer it instead of a summary"),
    )
    for files in (read, scan, digest):
        files.add_argument("files", metavar=files_, nargs="+", type=file, help=stdin)
    summarise = command(
        "summarise",
        "Résumer une conversation exportée, chaque ligne avec ses messages.",
        "Summarise an exported conversation, each line with its messages.",
        _summarise,
    )
    summarise.add_argument("talk", metavar="TALK.json", type=file, help=stdin)
    summarise.add_argument(
        "--form",
        choices=["digest", "compte-rendu", "manque", "passation"],
        default="compte-rendu",
        help=say("ce que l’on veut en faire", "what it is for"),
    )
    understand = command(
        "understand",
        "Dire ce qui est compris d’une demande, et pourquoi.",
        "Tell what is understood of a wish, and why.",
        _understand,
    )
    understand.add_argument(
        "texts",
        metavar=say("TEXTE", "TEXT"),
        nargs="*",
        help=say(
            "sans texte : une demande par ligne de l’entrée", "without a text: one wish a line of the input"
        ),
    )
    understand.add_argument(
        "--place",
        choices=["room", "direct", "mail"],
        default="direct",
        help=say("où c’est écrit", "where it is written"),
    )
    understand.add_argument(
        "--document", action="store_true", help=say("un document est là", "a document is there")
    )
    verify = command(
        "verify",
        "Dire si des textes ou des fichiers sont des réponses de relais.",
        "Tell whether texts or files are answers of relais.",
        _verify,
    )
    verify.add_argument("files", metavar=files_, nargs="+", type=file, help=stdin)
    policy = command(
        "policy",
        "Vérifier une politique, ou expliquer ce qu’elle décide.",
        "Check a policy, or explain what it decides.",
        _policy,
    )
    policy.add_argument("action", choices=["check", "explain"])
    policy.add_argument(
        "file",
        metavar=files_,
        nargs="?",
        type=file,
        help=say("politique, ou fichier à lire", "a policy, or a file to read"),
    )
    policy.add_argument(
        "--channel",
        metavar=say("CANAL", "CHANNEL"),
        help=say("pour explain, par exemple tchap_encrypted", "for explain, such as tchap_encrypted"),
    )
    policy.add_argument(
        "--person",
        metavar="ID",
        help=say("pour explain : avec le modèle qu’elle a choisi", "for explain: with the model they chose"),
    )
    policy.add_argument(
        "--task", choices=["chat", "summary"], default="chat", help=say("pour explain", "for explain")
    )
    doctor = command(
        "doctor",
        "Vérifier chaque dépendance, avec le remède.",
        "Check each dependency, with the remedy.",
        _doctor,
    )
    person = command(
        "person",
        "Remettre ou effacer ce qui est conservé sur une personne.",
        "Hand over or erase what is kept about a person.",
        _person,
    )
    person.add_argument("action", choices=["export", "erase"])
    person.add_argument(
        "id",
        metavar="ID",
        help=say("l’identifiant, par exemple @nom:serveur", "the person’s id, such as @name:server"),
    )
    dead = command(
        "dead",
        "Voir, relancer ou abandonner les messages en échec.",
        "See, send again or drop messages that failed.",
        _dead,
    )
    dead.add_argument("action", choices=["list", "retry", "drop"])
    dead.add_argument("id", metavar="ID", nargs="?")
    backup = command(
        "backup",
        "Sauvegarder le stockage dans un dossier, pendant que relais tourne.",
        "Back the store up into a folder, while relais runs.",
        _backup,
    )
    restore = command(
        "restore",
        "Remettre une sauvegarde dans un stockage vide, relais arrêté.",
        "Put a backup into an empty store, with relais stopped.",
        _restore,
    )
    for each in (backup, restore):
        folder = say("DOSSIER", "FOLDER")
        each.add_argument("folder", metavar=folder, type=Path)
        each.add_argument(
            "--keys",
            metavar=folder,
            type=Path,
            help=say("celui des secrets, gardé ailleurs", "that of the secrets, kept elsewhere"),
        )
    keys = command(
        "keys",
        "Remplacer la clé qui scelle les contenus, pendant que relais tourne.",
        "Replace the key that seals contents, while relais runs.",
        _keys,
    )
    keys.add_argument("action", choices=["rotate"])
    announce = command(
        "announce",
        "Annoncer un texte à tous, ou une maintenance qui garde les questions.",
        "Announce a text to everybody, or maintenance that keeps questions.",
        _announce,
    )
    announce.add_argument("text", nargs="?", metavar=say("TEXTE", "TEXT"))
    announce.add_argument("--until", metavar="14:00", help=say("jusqu’à quand", "until when"))
    announce.add_argument(
        "--maintenance", action="store_true", help=say("garder les questions", "keep questions")
    )
    announce.add_argument("--clear", action="store_true", help=say("retirer l’annonce", "take it back"))
    for name, french, english in (
        (
            "block",
            "Suspendre l’accès d’une personne ou d’un salon.",
            "Suspend the access of a person or room.",
        ),
        ("unblock", "Rétablir cet accès.", "Give this access back."),
    ):
        blocking = command(name, french, english, partial(_block, blocked=name == "block"))
        blocking.add_argument("kind", choices=["person", "room"])
        blocking.add_argument("id", metavar="ID", help="@nom:serveur, tchap:!salon:serveur")
    rooms = command(
        "rooms",
        "Dire dans quels salons Tchap est l’assistant, ou lui en faire quitter un.",
        "Tell which Tchap rooms the assistant is in, or have it leave one.",
        _rooms,
    )
    rooms.add_argument("action", nargs="?", choices=["list", "leave"], default="list")
    rooms.add_argument("id", nargs="?", metavar="ID", help="!salon:serveur")
    as_json(rooms)
    incident = command(
        "incident",
        "Dire ce qui est arrivé à un message, sans contenu, d’après sa référence.",
        "Tell what happened to a message, without content, from its reference.",
        _incident,
    )
    incident.add_argument("id", metavar=say("RÉFÉRENCE", "REFERENCE"), help="7F3K-2Q")
    as_json(incident)
    audit = command(
        "audit",
        "Exporter ou vérifier le journal des décisions.",
        "Export or verify the record of decisions.",
        _audit,
    )
    audit.add_argument("action", choices=["export", "verify", "find"])
    audit.add_argument(
        "person", nargs="?", metavar=say("PERSONNE", "PERSON"), help=say("pour find", "for find")
    )
    audit.add_argument(
        "--head",
        metavar=say("TÊTE", "HEAD"),
        default="",
        help=say("celle d’un export précédent, à retrouver", "that of an earlier export, to be found again"),
    )
    audit.add_argument(
        "--stamps",
        metavar=say("FICHIER", "FILE"),
        type=Path,
        help=say("horodatages conservés ailleurs, à vérifier", "timestamps kept elsewhere, to be verified"),
    )
    archive = command(
        "archive",
        "Voir ce qui attend les archives et ce qu’elles ont accusé, ou verser encore.",
        "See what waits for the archives and what they acknowledged, or hand over again.",
        _archive,
    )
    archive.add_argument("action", choices=["list", "retry", "receipt"])
    archive.add_argument("id", metavar="ID", nargs="?")
    taken = command(
        "footprint",
        "Déclarer ce que le service a consommé en un mois.",
        "Declare what the service took in a month.",
        _footprint,
    )
    taken.add_argument("--month", metavar=say("MOIS", "MONTH"), default="", help="2026-11")
    as_json(read, scan, digest, summarise, understand, verify, doctor, archive, taken)
    return parser


def _await(work: Coroutine[Any, Any, int]) -> int:
    import asyncio

    return asyncio.run(work)


def _run(options: argparse.Namespace) -> int:
    gc.disable()  # what is imported stays: to look it through meanwhile takes 0.2 s
    from bots.serve import serve
    from core.telemetry import log

    gc.freeze()
    gc.enable()
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


def _understand(options: argparse.Namespace) -> int:
    from bots.cli.understand import run

    return run(options.texts, place=options.place, document=options.document, as_json=options.json)


def _verify(options: argparse.Namespace) -> int:
    from bots.cli.verify import verify

    return _await(verify(options.files, options.json))


def _policy(options: argparse.Namespace) -> int:
    from bots.cli.policy_check import check

    if options.action == "check":
        return check(options.file)
    from bots.cli.policy_explain import channel_of, explain
    from core.policy.channels import channels

    channel = channel_of(options.channel)
    if options.file is None or channel is None:
        remedy = f"Donnez un fichier, et un canal parmi : {', '.join(channels())}"
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


def _backup(options: argparse.Namespace) -> int:
    from bots.cli.backup import backup

    return _await(backup(options.folder, options.keys))


def _restore(options: argparse.Namespace) -> int:
    from bots.cli.backup import restore

    return _await(restore(options.folder, options.keys))


def _keys(options: argparse.Namespace) -> int:
    from bots.cli.admin import rotate

    return _await(rotate())


def _announce(options: argparse.Namespace) -> int:
    from bots.cli.controls import announce

    asked = announce(options.text, until=options.until, closed=options.maintenance, clear=options.clear)
    return _await(asked)


def _block(options: argparse.Namespace, *, blocked: bool) -> int:
    from bots.cli.controls import block

    return _await(block(options.kind, options.id, blocked=blocked))


def _rooms(options: argparse.Namespace) -> int:
    from bots.serve import rooms

    return _await(rooms(options.action, options.id, as_json=options.json))


def _incident(options: argparse.Namespace) -> int:
    from bots.cli.incident import incident

    return _await(incident(options.id, as_json=options.json))


def _footprint(options: argparse.Namespace) -> int:
    from bots.cli.footprint import footprint

    return _await(footprint(options.month, options.json))


def _archive(options: argparse.Namespace) -> int:
    from bots.cli.archive import archive

    return _await(archive(options.action, options.id, as_json=options.json))


def _audit(options: argparse.Namespace) -> int:
    from bots.cli.audit import audit

    return _await(audit(options.action, options.person, options.head, options.stamps))


if __name__ == "__main__":
    sys.exit(main())
