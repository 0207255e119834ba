"""Pages per second, memory and the sandbox's price, beside other readers on the same files in the same run.

`python tests/bench/documents.py [--other PYTHON]`: pypdf, markitdown and python-docx are measured when
PYTHON (by default the one that runs this) can import them. Each reader works in a process of its own;
CPU time is counted, except in the sandbox, where the clock is (the slower of the two).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "data" / "documents"
sys.path.insert(0, str(ROOT))

PARAGRAPH = (
    "Les ateliers de l'automne ont réuni les agents de trois directions. Ils se tiennent en novembre, de "
    "neuf heures à dix-sept heures, dans la grande salle. Chacun y prend la parole à son tour, et les "
    "propositions retenues seront mises en oeuvre en mars. "
)
OTHERS = {
    "pypdf": (
        "pdf",
        "from pypdf import PdfReader; f = lambda p: [x.extract_text() for x in PdfReader(p).pages]",
    ),
    "markitdown": (
        "pdf docx xlsx pptx",
        "from markitdown import MarkItDown; m = MarkItDown(); f = lambda p: m.convert(p).text_content",
    ),
    "python-docx": (
        "docx",
        "from docx import Document; f = lambda p: [x.text for x in Document(p).paragraphs]",
    ),
}
OURS = f"""
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from core.documents.file_reader import read
f = lambda p: read(Path(p).read_bytes(), name="x")
"""
MEASURE = """
import json, resource, sys, time
{code}
path, seconds = sys.argv[1], 2.0
f(path)
start, count = time.process_time(), 0
while count < 1 or (time.process_time() - start < seconds and count < 200):
    f(path); count += 1
cpu = (time.process_time() - start) / count
print(json.dumps([cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024]))
"""


def files(folder: Path) -> dict[str, tuple[Path, int]]:
    """One file of each format: its path and its pages (of 3,000 characters where it has none)."""
    from tests.core.documents import make

    def write(name: str, data: bytes) -> Path:
        path = folder / name
        path.write_bytes(data)
        return path

    words = (PARAGRAPH * 12).split(" ")
    lines = [" ".join(words[start : start + 13]) for start in range(0, 550, 13)]
    pages = [[(72.0, 800.0, 16.0, f"Chapitre {n}"), *make.lines(lines, y=770, size=10)] for n in range(50)]
    heading = '<w:outlineLvl w:val="0"/>'
    body = "".join(
        make.paragraph(f"Chapitre {n}", heading) + make.paragraph(PARAGRAPH * 3) * 4 for n in range(50)
    )
    rows = "".join(
        f'<row r="{r}">' + "".join(f'<c r="{c}{r}"><v>{r}</v></c>' for c in "ABCDEFGH") + "</row>"
        for r in range(1, 2001)
    )
    made = {
        "pdf": (write("a.pdf", make.pdf(pages)), 50),
        "docx": (write("a.docx", make.docx(body)), 50),
        "xlsx": (write("a.xlsx", make.xlsx(rows)), 30),
    }
    kept = {"pptx": "presentation.pptx", "odt": "note.odt", "rtf": "note.rtf", "html": "note.html"}
    return made | {kind: (SAMPLES / name, 3 if kind == "pptx" else 1) for kind, name in kept.items()}


async def ours(path: Path) -> tuple[float, float]:
    """Seconds a document: CPU time bare, and the clock's median in the sandbox."""
    from core.documents.file_reader import read
    from core.documents.sandbox.sandbox import Sandbox

    data = path.read_bytes()  # noqa: ASYNC240
    read(data, name=path.name)
    count, start = 0, time.process_time()
    while count < 3 or time.process_time() - start < 1.0:
        read(data, name=path.name)
        count += 1
    bare = (time.process_time() - start) / count
    clocks: list[float] = []
    async with Sandbox() as sandbox:
        await sandbox.start()
        for _ in range(min(count, 200)):
            begun = time.perf_counter()
            await sandbox.read(data, name=path.name)
            clocks.append(time.perf_counter() - begun)
    return bare, statistics.median(clocks)


def other(python: str, code: str, path: Path) -> tuple[float, int] | None:
    """(CPU seconds a document, MB), or None where the reader is not installed."""
    done = subprocess.run(
        [python, "-c", MEASURE.format(code=code), str(path)], capture_output=True, text=True, check=False
    )
    return tuple(json.loads(done.stdout.splitlines()[-1])) if done.returncode == 0 else None  # type: ignore[return-value]


def main(*, quick: bool = False, other_python: str = sys.executable) -> None:
    """`quick` changes nothing: it takes half a minute. `other_python` has the other readers."""
    print("\nDocuments: what it takes to read them\n")
    with tempfile.TemporaryDirectory() as folder_:
        print(f"{'format':6} {'reader':14} {'ms/document':>12} {'pages/s':>9} {'MB':>5}")
        for kind, (path, pages) in files(Path(folder_)).items():
            bare, clock = asyncio.run(ours(path))
            mine = other(sys.executable, OURS, path)
            _line(kind, "relais, bare", bare, pages, mine[1] if mine else 0)
            _line(kind, "relais, jailed", clock, pages, mine[1] if mine else 0)
            for name, (kinds, code) in OTHERS.items():
                if kind in kinds.split():
                    found = other(other_python, code, path)
                    if found:
                        _line(kind, name, found[0], pages, found[1], clock)
        _folders(Path(folder_))
        price = asyncio.run(ours(SAMPLES / "notes.md"))
        print(f"the sandbox costs {(price[1] - price[0]) * 1000:.1f} ms a document")
        print(f"the embedded extracts read {_extracts():.0f} pages/s")


async def folder(paths: list[Path]) -> tuple[float, float]:
    """CPU seconds that the files take in this process, and in the sandbox as `relais read` gives them to it:
    there those of the fork server and its children."""
    from core.documents.file_reader import read
    from core.documents.sandbox.sandbox import Sandbox

    def spent(pid: int | None) -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    start = time.process_time()
    for path in paths:
        read(path.read_bytes(), name=path.name)
    bare = time.process_time() - start
    async with Sandbox() as sandbox:
        await sandbox.start()
        before, start = spent(sandbox.pid), time.process_time()
        await sandbox.read_many(paths)
        return bare, spent(sandbox.pid) - before + time.process_time() - start


def _folders(here: Path) -> None:
    """Many files at once, beside pdftotext where it is installed."""
    for kind, suffix, copies in (("mails", "*.eml", 15), ("PDF", "*.pdf", 15)):
        some = [*SAMPLES.glob(suffix), *(SAMPLES.parent / "mail").glob(suffix)]
        paths = [here / f"{number}-{path.name}" for number in range(copies) for path in some]
        for number, path in enumerate(paths):
            path.write_bytes(some[number % len(some)].read_bytes())
        bare, jailed = asyncio.run(folder(paths))
        times = f"{jailed / bare:.2f} times"
        print(f"{len(paths)} {kind}: {bare:.2f} s of CPU bare, {jailed:.2f} s jailed ({times})")
        if kind == "PDF" and shutil.which("pdftotext"):
            start = os.times()
            for path in paths:
                subprocess.run(["pdftotext", path, "-"], stdout=subprocess.DEVNULL, check=False)
            end = os.times()
            spent = end.children_user + end.children_system - start.children_user - start.children_system
            print(f"{len(paths)} PDF: {spent:.2f} s by pdftotext, which gives words without structure")


def _extracts() -> float:
    """Pages a second of the engine that answers without a model, on a text of unlike sentences."""
    from core.gateway.ask import Ask, Material
    from core.gateway.engines.extracts.answering import answer
    from tests.core.condense.test_condense import report

    pages = 100
    ask = Ask(
        instructions="", question="", task="summary", materials=(Material(name="x", text=report(pages)),)
    )
    start = time.process_time()
    answer(ask)
    return pages / (time.process_time() - start)


def _line(kind: str, reader: str, seconds: float, pages: int, memory: int, mine: float = 0.0) -> None:
    times = f"   relais, jailed: {seconds / mine:.1f} times faster" if mine else ""
    print(f"{kind:6} {reader:14} {seconds * 1000:12.1f} {pages / seconds:9.0f} {memory:5}{times}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--other", default=sys.executable, help="a Python with the other readers")
    main(other_python=parser.parse_args().other)
