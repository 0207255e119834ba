"""The command line: `relais …`. Each command imports only what it needs, so that it starts at once.

The commands, their arguments and their help stand in `cli/commands.toml`.
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 refused by policy.
"""

from __future__ import annotations

import argparse
import gc
import inspect
import sys
import tomllib
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from core.errors import ConfigurationError, RelaisError, StoreRefused
from core.language.operators import language

if TYPE_CHECKING:
    from core.policy.decision import Task

DONE, FAILED, WRONG, REFUSED = 0, 1, 2, 3


def main() -> int:
    """Parse the arguments, run the command, and end with one clear line when it cannot be done."""
    options = vars(_parser(language()).parse_args())
    try:
        module, _, name = options["runs"].partition(":")
        function: Callable[..., int | Awaitable[int]] = getattr(import_module(module), name)
        wanted = inspect.signature(function).parameters
        done = function(**{name: value for name, value in options.items() if name in wanted})
        return done if isinstance(done, int) else _awaited(done)
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


def _awaited(work: Awaitable[int]) -> int:
    import asyncio

    async def whole() -> int:
        return await work

    return asyncio.run(whole())


def _parser(language: str) -> argparse.ArgumentParser:
    """All commands and their arguments, described in one language."""
    described = tomllib.loads((Path(__file__).parent / "cli" / "commands.toml").read_text(encoding="utf-8"))
    _speak(described["argparse"] if language == "fr" else {})
    parser = argparse.ArgumentParser(prog="relais", description=described["relais"][language])
    parser.add_argument("--version", action=_Version, nargs=0, help=described["relais"]["version"][language])
    commands = parser.add_subparsers(required=True, metavar=described["relais"]["command"][language])
    shared = described["shared"]
    for name, command in described.items():
        if "runs" not in command:
            continue
        added = commands.add_parser(name, help=command[language], description=command[language])
        added.set_defaults(runs=command["runs"], **command.get("given", {}))
        for argument in command.get("arguments", ()):
            _add(added, shared.get(argument, argument) if isinstance(argument, str) else argument, language)
    return parser


class _Version(argparse.Action):
    """Prints the version; found only when it is asked for."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> NoReturn:
        from importlib import metadata

        parser.exit(message=f"relais {metadata.version('relais')}\n")


def _speak(words: Mapping[str, str]) -> None:
    """Have argparse say these words for its own from now on. It looks them up by `gettext`, in catalogues
    that a system has or has not; here they come from one table."""

    def one(text: str) -> str:
        return words.get(text, text)

    def several(singular: str, plural: str, n: int) -> str:
        return one(singular if n == 1 else plural)

    setattr(argparse, "_", one)  # noqa: B010 - names that stubs do not know
    setattr(argparse, "ngettext", several)  # noqa: B010


def _add(parser: argparse.ArgumentParser, argument: Mapping[str, Any], language: str) -> None:
    """Give a command an argument, as the file describes it."""
    said = {key: value for key, value in argument.items() if key not in ("name", "fr", "en")}
    if isinstance(metavar := said.get("metavar"), dict):
        said["metavar"] = metavar[language]
    if kind := said.get("type"):
        said["type"] = {"file": _file(language), "path": Path}[kind]
    parser.add_argument(argument["name"], help=argument.get(language), **said)


def _file(language: str) -> Callable[[str], Path]:
    """A path that can be written in an answer: JSON holds UTF-8, and a terminal obeys control signs."""

    def path(given: str) -> Path:
        if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in given):
            wrong = {
                "fr": f"le nom {given!a} contient des signes qui ne s’affichent pas : renommez le fichier",
                "en": f"the name {given!a} has signs that cannot be shown: rename the file",
            }
            raise argparse.ArgumentTypeError(wrong[language])
        return Path(given)

    return path


def run() -> int:
    """Run all connectors; a bug that ends them is told without its values."""
    gc.disable()  # until `replica.run` has imported all: it stays, and looking it through takes 0.2 s
    try:
        return _awaited(_serve())
    except RelaisError:
        raise
    except Exception as bug:  # noqa: BLE001 - Python itself would print its values, and with them what people write
        from core.telemetry import log

        log.error("stopped_by_a_bug", error=bug)
        return FAILED
    finally:
        gc.enable()


async def _serve() -> int:
    """Serve with a sandbox whose process has started first: for 0.7 s it imports and reads beside us."""
    from core.documents.sandbox.sandbox import ASSESS, FIND_DANGER, Sandbox

    async with Sandbox() as sandbox:
        await sandbox.launch(FIND_DANGER, ASSESS)
        from bots.serve import serve

        return await serve(sandbox)


def policy(action: str, file: Path | None, channel: str | None, person: str | None, task: Task) -> int:
    """Check a policy, or explain what it decides of a file in a channel."""
    from bots.cli.policy_check import check

    if action == "check":
        return check(file)
    from bots.cli.policy_explain import channel_of, explain
    from core.policy.channels import channels

    known = channel_of(channel)
    if file is None or known is None:
        raise ConfigurationError("relais policy explain", "policy.explain", channels=", ".join(channels()))
    return explain(file, known, person=person, task=task)


if __name__ == "__main__":
    sys.exit(main())
