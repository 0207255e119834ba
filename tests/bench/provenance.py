"""How surely answers are recognised that were copied, edited or shortened, and how often a human text is;
and what `relais verify` says of an answer as people receive it, whole and with other words in it.

Answers, 1,000: passages of French translations of programs (messages of Debian's packages in
`/usr/share/locale/fr`, half of the programs) and of the descriptions of the Python packages that are
installed. Human texts, 10,000: the documentation strings of all installed Python packages and of the standard
library, the other half of the translations, and this repository's French documents. All were written by
people; passages that stand in both (licences, vendored modules) are left out of the human texts: they are
copies. The answers fill three tables of the register, as on a busy day.
"""

from __future__ import annotations

import ast
import asyncio
import gettext
import random
import sysconfig
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.metadata import distributions
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.mail.render import Envelope, render
from connectors.mail.words import Words
from connectors.slack import render as slack
from connectors.tchap import render as tchap
from core.connector import Draft
from core.documents.sandbox.sandbox import Sandbox
from core.export import FileKind, LevelMark, export, words_of_file
from core.provenance.record import ANSWERS, CELLS, SOURCE_TYPES, Register, Signer, words_of
from core.provenance.verifying import FileExaminer, Proof
from core.sensitivity.level import Level
from core.store.keyring import unlock
from core.store.valkey import open_store
from core.vault import Keys, generate
from tests.bench.table import Row, show

PASSAGE = 150
"""Words of an answer."""
LEAST = 40
"""Words of a documentation string that counts."""
COPY = 8
"""Words in a row by which a human text is a copy of an answer."""
_CHANGED = 5
"""Each fifth word, on average or exactly."""


def main(*, quick: bool = False) -> None:
    asyncio.run(_main(100 if quick else 1_000, 2_000 if quick else 10_000))


async def _main(answers: int, humans: int) -> None:
    chance = random.Random(1)
    ours, theirs = _corpus(answers, humans, chance)
    with tempfile.TemporaryDirectory() as folder:
        async with open_store(data_dir=Path(folder)) as store, Sandbox() as sandbox:
            register = Register(store, await unlock(store, Keys([generate()])), days=30, clock=time.time)
            for number, text in enumerate(ours):
                await store.batch(register.adding(_laid_out(text), name=str(number), generated=True))
            rows = [
                await _recognised(register, name, change, ours, chance) for name, change in CHANGES.items()
            ]
            wrong = [text for text in theirs if await register.find(text) is not None]
            began = time.perf_counter()
            for text in theirs[:200]:
                await register.find(text)
            taken = (time.perf_counter() - began) / 200
            kinds = await _verified(ours, sandbox, register, chance)
    rows.append(Row(what=f"{len(theirs)} human texts: taken for answers", measured=len(wrong), goal=0))
    rows.append(Row(what="a look-up of a text", measured=taken * 1000, unit="ms"))
    rows.append(Row(what="one answer in the store", measured=4 * CELLS / ANSWERS / 1000, unit="kB"))
    show("The register of answers", rows)
    show("`relais verify` of what people receive", kinds)


# what people receive


def _laid_out(words: str) -> str:
    """An answer with headings, points and stresses round the words of a passage."""
    given = words.split()
    third = len(given) // 3
    first, second, last = (" ".join(given[at : at + third]) for at in (0, third, 2 * third))
    rest = " ".join(given[3 * third :])
    half = len(second) // 2
    return f"{first}\n\n- {second[:half]}\n- {second[half:]}\n\n**{last}** {rest}".strip()


def _marking(text: str, record: str) -> LevelMark:
    return LevelMark(
        title="Note", header="N1 – Interne", footer="Rédigé par une IA.", level=Level.N1, at=AT,
        record=record, source_type=SOURCE_TYPES[True],
    )  # fmt: skip


def _file(kind: FileKind) -> Make:
    def make(text: str, words: str, sign: Callable[[str], str]) -> bytes:
        return export(text, kind, _marking(text, sign(words_of_file(words, "Note"))))

    return make


def _mail(text: str, words: str, sign: Callable[[str], str]) -> bytes:
    draft = Draft(text=text, level=Level.N1, key="k", writers=("small",), record=sign(words))
    envelope = Envelope(
        id="a@x.example", box="assistant@x.example", name="Assistant", to="a@x.example", at=AT
    )
    return render(draft, envelope, None, Words("fr"))


def _tchap(text: str, words: str, sign: Callable[[str], str]) -> bytes:
    """What is copied out of a room."""
    plain, _ = tchap.plain_and_html(text)
    return plain.encode()


def _slack(text: str, words: str, sign: Callable[[str], str]) -> bytes:
    """What is copied out of a channel."""
    return slack.disarmed(text).encode()


Make = Callable[[str, str, Callable[[str], str]], bytes]
"""A text as people have it; the words that its record is of; what signs."""
AT = 1_790_000_000.0
KINDS: dict[str, tuple[Make, str]] = {
    "Tchap, copied": (_tchap, "a.md"),
    "Slack, copied": (_slack, "a.md"),
    "mail": (_mail, "a.eml"),
    "DOCX": (_file("docx"), "a.docx"),
    "ODT": (_file("odt"), "a.odt"),
    "PDF": (_file("pdf"), "a.pdf"),
}


async def _verified(
    texts: Sequence[str], sandbox: Sandbox, register: Register, chance: random.Random
) -> list[Row]:
    """How many are proven whole, and how many are recognised when a fifth of the words is another's, each
    with its own record left in it."""
    signer = Signer(Ed25519PrivateKey.generate(), {}, time.time)
    two = asyncio.Semaphore(2)
    files = FileExaminer(sandbox, lambda: signer.keys, register)

    def sign(text: str) -> str:
        return signer.record(text, level=Level.N1, generated=True, models=("small",))

    async def proof(make: Make, name: str, words: str, text: str) -> Proof | None:
        async with two:
            data = await asyncio.to_thread(make, _laid_out(text), _laid_out(words), sign)
            found = await files.examine(data, name)
            return found if isinstance(found, Proof) else None

    rows: list[Row] = []
    for kind, (make, name) in KINDS.items():
        whole = await asyncio.gather(*(proof(make, name, text, text) for text in texts))
        changed = [(text, _fifth_at_random(text, chance)) for text in texts]
        found = await asyncio.gather(*(proof(make, name, text, other) for text, other in changed))
        by_record = sum(each is not None and each.covers for each in whole)
        known = sum(each is not None and each.ours for each in whole)
        entire = sum(each is not None and each.whole for each in whole)
        ours = sum(each is not None and each.ours for each in found)
        note, percent = f"{entire} as whole, {by_record} by record", 100 / len(texts)
        rows += [
            Row(
                what=f"{len(texts)} {kind}, whole", measured=known * percent, unit="%", least=100.0, note=note
            ),
            Row(what=f"{kind}, a fifth changed", measured=ours * percent, unit="%", least=95.0),
        ]
        claimed = sum(each is not None and each.covers for each in found)
        rows.append(Row(what=f"{kind}, a fifth changed: taken for whole", measured=claimed, goal=0))
    return rows


async def _recognised(
    register: Register, name: str, change: Change, texts: Sequence[str], chance: random.Random
) -> Row:
    found = [await register.find(change(_laid_out(text), chance)) for text in texts]
    share = 100 * sum(each is not None for each in found) / len(found)
    whole = sum(each is not None and each.whole for each in found)
    return Row(
        what=f"{len(texts)} answers, {name}",
        measured=share,
        unit="%",
        least=100.0 if name == "unaltered" else 95.0,
        note=f"{whole} known as whole",
    )


Change = Callable[[str, random.Random], str]


def _fifth_at_random(text: str, chance: random.Random) -> str:
    words = text.split()
    others = words.copy()
    for at in chance.sample(range(len(words)), len(words) // _CHANGED):
        words[at] = chance.choice(others) + "x"
    return " ".join(words)


def _every_fifth(text: str, chance: random.Random) -> str:
    return " ".join("autre" if n % _CHANGED == 2 else word for n, word in enumerate(text.split()))


def _half(text: str, chance: random.Random) -> str:
    words = text.split()
    at = chance.randrange(len(words) - len(words) // 2)
    return " ".join(words[at : at + len(words) // 2])


def _within(text: str, chance: random.Random) -> str:
    """Between other words, as many."""
    filling = [chance.choice(text.split()) for _ in text.split()]
    half = len(filling) // 2
    return " ".join([*filling[:half], text, *filling[half:]])


CHANGES: dict[str, Change] = {
    "unaltered": lambda text, chance: text,
    "a fifth of the words changed": _fifth_at_random,
    "every fifth word changed": _every_fifth,
    "one half alone": _half,
    "within as many other words": _within,
}


def _corpus(answers: int, humans: int, chance: random.Random) -> tuple[list[str], list[str]]:
    """Answers and human texts, of which none holds a passage of an answer."""
    translated, others = _translations(chance)
    described = [text for text in _descriptions() if text]
    chance.shuffle(described)
    ours: list[str] = []
    known: set[tuple[str, ...]] = set()
    for text in [*translated, *described]:
        if len(ours) < answers:
            ours.append(text)
            known |= _runs(text)
    strings = dict.fromkeys(islice(_documentation(chance), 2 * humans))
    theirs = [text for text in (*others, *_documents(), *strings) if not _runs(text) & known]
    if len(ours) < answers or len(theirs) < humans:
        print(f"only {len(ours)} answers and {len(theirs)} human texts on this machine")
    return ours, theirs[:humans]


def _runs(text: str) -> set[tuple[str, ...]]:
    words = words_of(text)
    return {tuple(words[at : at + COPY]) for at in range(len(words) - COPY + 1)}


def _passages(words: Sequence[str]) -> Iterator[str]:
    for at in range(0, len(words) - PASSAGE + 1, PASSAGE):
        yield " ".join(words[at : at + PASSAGE])


def _translations(chance: random.Random) -> tuple[list[str], list[str]]:
    """Passages of the one half of the programs, and of the other; each message counts once."""
    seen: set[str] = set()
    programs: list[list[str]] = []
    for path in sorted(Path("/usr/share/locale/fr/LC_MESSAGES").glob("*.mo")):
        with path.open("rb") as file, suppress(OSError, ValueError, UnicodeDecodeError):
            catalogue: dict[object, str] = vars(gettext.GNUTranslations(file))["_catalog"]
            fresh = [text for key, text in catalogue.items() if key and len(text.split()) >= 5]
            words = [word for text in dict.fromkeys(fresh) if text not in seen for word in text.split()]
            seen.update(fresh)
            programs.append(list(_passages(words)))
    chance.shuffle(programs)
    halves = programs[::2], programs[1::2]
    one, other = ([passage for program in half for passage in program] for half in halves)
    return one, other


def _descriptions() -> Iterator[str]:
    for each in distributions():
        if each.name == "relais":  # its documents are among the human texts
            continue
        text = (each.read_text("METADATA") or "").partition("\n\n")[2]
        yield from _passages(text.split())


def _documents() -> Iterator[str]:
    for path in [*Path("docs").glob("*.md"), *Path("tests/data/grounding").glob("*.md")]:
        yield from _passages(path.read_text().split())


def _documentation(chance: random.Random) -> Iterator[str]:
    """The documentation strings of installed Python code, file by file in no order."""
    folders = {Path(sysconfig.get_path(name)) for name in ("purelib", "stdlib")}
    files = sorted({path for folder in folders for path in folder.rglob("*.py")})
    chance.shuffle(files)
    for path in files:
        with suppress(OSError, SyntaxError, ValueError, RecursionError), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    text = ast.get_docstring(node) or ""
                    if len(text.split()) >= LEAST:
                        yield text
