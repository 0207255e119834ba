"""How often public documents are taken for sensitive: what this machine carries in French and English.

The documents are those of the repository (README, CHANGELOG, docs), of the Python packages that are installed
(descriptions, licences, `.md`, `.rst`), and of Debian's packages (`/usr/share/doc`: copyright, README, NEWS,
changelogs; `/usr/share/man`), with whatever folders are named: for French ones, what `dpkg -x` unpacks of the
packages manpages-fr, debian-faq-fr and debian-reference-fr. Of each source as many are taken, in an order
that depends on their text alone. All is published: what is raised or asked about is a false alarm.

Run: `python -m tests.eval.public [--count 300] [FOLDER ...]`.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from core.sensitivity.assess import assess
from core.sensitivity.level import Level, Part

ROOT = Path(__file__).parents[2]
_NAMES = re.compile(
    r"(?i)(?:readme|copyright|licen[cs]e|copying|news|changelog|metadata|authors)\b|\.(?:md|rst)$"
)
_MANUAL = re.compile(r"\.\d\w{0,6}(?:\.gz)?$")
_ROFF = re.compile(r"(?m)^[.'][^\n]{0,3}[ \n]?|\\f[A-Z]|\\s[-+]?\d|\\(?=-)|\\[&/,]|\\\*?\(\w\w")
_SHOWN = ("captures.md", "sensitivity.md")
"""Pages that show a social security number, for it to be found."""
_LONGEST = 60_000
_SHORTEST = 200


def documents(folder: Path) -> Iterator[tuple[Path, str]]:
    """The texts below a folder that are documents, none twice."""
    seen: set[str] = set()
    for path in sorted(_files(folder)):
        manual = bool(_MANUAL.search(path.name)) and "man" in path.parent.name
        if not (manual or _NAMES.search(path.name.removesuffix(".gz"))) or not path.is_file():
            continue
        text = _text(path)
        text = _ROFF.sub("", text) if manual else text
        if len(text) >= _SHORTEST and text not in seen:
            seen.add(text)
            yield path, text


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "tests"]
        yield from (Path(parent, name) for name in names if name not in _SHOWN)


def _text(path: Path) -> str:
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return data.decode()[:_LONGEST]
    except (OSError, ValueError, EOFError):
        return ""


def chosen(folders: Iterable[Path], count: int) -> Iterator[tuple[Path, str]]:
    """As many of each folder, `count` in all, in the order of their texts' hashes."""
    folders = list(folders)
    for n, folder in enumerate(folders):
        found = sorted(documents(folder), key=lambda each: sha256(each[1].encode()).digest())
        yield from found[: count // len(folders) + (n < count % len(folders))]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("folders", nargs="*", type=Path)
    given = parser.parse_args()
    packages = Path(sysconfig.get_paths()["purelib"])
    own = (ROOT, packages, Path("/usr/share/doc"), Path("/usr/share/man"))
    texts = wrong = 0
    for path, text in chosen((*own, *given.folders), given.count):
        texts += 1
        assessment = assess([Part(text=text)])
        if assessment.level >= Level.N2:
            wrong += 1
            found = [e for e in assessment.evidence if e.level >= Level.N2 and e.strength != "mention"]
            why = ", ".join(
                f"{e.kind} ({e.why}) « {' '.join(text[e.start : e.end].split())[:60]} »" for e in found[:3]
            )
            sys.stdout.write(f"{path}: {'asked' if assessment.ask else 'raised'}: {why}\n")
    sys.stdout.write(f"{wrong} of {texts} documents: {100 * wrong / max(texts, 1):.1f} %\n")


if __name__ == "__main__":
    main()
