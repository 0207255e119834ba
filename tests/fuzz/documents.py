"""Mutation fuzzing of the reading of documents: `python tests/fuzz/documents.py [SECONDS]`.

Samples of every format are cut, flipped, spliced and repeated, and read in the real sandbox. What must
never happen: an exception here, a file that takes longer than its limit, a process left behind, growing
memory, a good file that is read otherwise after bad ones, or words of another document in what was read.
Ends with 1 and keeps the file when it does.
"""

from __future__ import annotations

import asyncio
import io
import random
import resource
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from core.documents.document import Limits
from core.documents.sandbox.sandbox import Sandbox
from tests.core.documents import make

SAMPLES = Path(__file__).parents[1] / "data" / "documents"
LIMITS = Limits(seconds=5, memory=256 * 1024 * 1024)


def seeds() -> dict[str, bytes]:
    """One sample of each format, by name."""
    found = {path.name: path.read_bytes() for path in SAMPLES.iterdir() if ".expected" not in path.name}
    found["message.msg"] = make.msg("Objet", "Corps", {"a.txt": b"joint"})
    found["archive.zip"] = make.zipped({"a.txt": "texte", "b.docx": make.docx(make.paragraph("b"))})
    found["word.docx"] = make.docx(make.paragraph("texte"))
    found["texte.pdf"] = make.pdf([make.lines(["Bonjour à tous", "deux lignes"])])
    found["scan.pdf"] = make.scan()
    found["courriel.zip"] = make.zipped({"courriel.eml": found["courriel.eml"], "n.pdf": found["texte.pdf"]})
    return found


def mutated(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """The data with some of its bytes changed, inside a ZIP's members when it is one."""
    if data.startswith(b"PK") and chance.random() < 0.7:
        return _in_zip(data, chance, others)
    return _bytes(data, chance, others)


def _in_zip(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        victim = chance.choice(old.namelist())
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, _bytes(content, chance, others) if name == victim else content)
    return buffer.getvalue()


def _bytes(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:  # noqa: C901
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        if not out:
            break
        at = chance.randrange(len(out))
        length = min(chance.choice((1, 4, 30, 300)), len(out) - at)
        match chance.randrange(7):
            case 0:
                out[at] = chance.randrange(256)
            case 1:
                del out[at : at + length]
            case 2:
                out[at:at] = out[at : at + length] * chance.choice((1, 2, 50))
            case 3:
                other = chance.choice(others)
                start = chance.randrange(max(1, len(other)))
                out[at : at + length] = other[start : start + length]
            case 4:
                out[at : at + length] = chance.choice(
                    (b"\xff" * 4, b"\0" * 8, b"-1", b"999999999", b"<" * 50)
                )
            case 5:
                out = out[:at] if chance.random() < 0.3 else out
            case _:
                out[at] ^= 1 << chance.randrange(8)
    return bytes(out)


def cases(chance: random.Random) -> Iterator[tuple[str, bytes]]:
    found = seeds()
    others = list(found.values())
    while True:
        name = chance.choice(list(found))
        yield name, mutated(found[name], chance, others)


class Fault(Exception):
    """Something that must never happen."""


async def one(sandbox: Sandbox, name: str, data: bytes, reasons: Counter[str], canary: str) -> float:
    """Read one file; how long it took. `canary` stands in the document that is read at the same time."""
    before = time.monotonic()
    document, other = await asyncio.gather(
        sandbox.read(data, name=name), sandbox.read(canary.encode(), name="canari.txt")
    )
    took = time.monotonic() - before
    if other.to_markdown() != canary:
        raise Fault("the document beside it was not read")
    if canary in str(asdict(document)):
        raise Fault("words of another document came out")
    reasons[f"{document.reason} {document.detail}".strip() if document.reason else "read"] += 1
    if took > LIMITS.seconds + 2:
        raise Fault(f"took {took:.1f} s")
    return took


async def fuzz(seconds: float, seed: int) -> int:  # noqa: C901 - one loop with its checks
    chance = random.Random(seed)
    reasons: Counter[str] = Counter()
    clean = seeds()
    slowest, number, shown = 0.0, 0, 0.0
    name, data = "", b""
    async with Sandbox(LIMITS) as sandbox:
        expected = {name: await sandbox.read(data, name=name) for name, data in clean.items()}
        server, size = sandbox.pid, memory_of(sandbox.pid)
        end = time.monotonic() + seconds
        try:
            for name, data in cases(chance):
                if time.monotonic() > end:
                    break
                number += 1
                canary = f"canari {chance.getrandbits(128):032x}"
                slowest = max(slowest, await one(sandbox, name, data, reasons, canary))
                if number % 50 == 0:
                    sample = chance.choice(list(clean))
                    if await sandbox.read(clean[sample], name=sample) != expected[sample]:
                        raise Fault(f"{sample} is read otherwise than before")
                if sys.stderr.isatty() and time.monotonic() > shown + 1:
                    shown = time.monotonic()
                    print(f"\r{number} files, slowest {slowest:.1f} s", end="", file=sys.stderr)
            if sandbox.pid != server or children_of(server):
                raise Fault("the fork server died, or keeps children")
            if memory_of(server) > size + 8 * 1024:
                raise Fault(f"the fork server grew from {size} to {memory_of(server)} kB")
        except Fault as fault:
            kept = Path(f"fuzz-{seed}-{number}-{name}")
            kept.write_bytes(data)  # noqa: ASYNC240
            print(f"FAILED, seed {seed}, file {number} (kept as {kept}): {fault}")
            return 1
    here = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"seed {seed}: {number} files in {seconds:.0f} s, slowest {slowest:.1f} s")
    print(f"memory: {here} MB here, {size // 1024} MB in the fork server")
    print(", ".join(f"{reason} {count}" for reason, count in reasons.most_common()))
    return 0


def children_of(process: int | None) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()


def memory_of(process: int | None) -> int:
    """Resident memory in kB."""
    text = Path(f"/proc/{process}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0])


if __name__ == "__main__":
    duration = float(sys.argv[1]) if len(sys.argv) > 1 else 600.0
    sys.exit(asyncio.run(fuzz(duration, int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time()))))
