"""Makes what a release consists of, in dist/: `make release`.

The wheel and the source archive (the same bytes from the same commit, whoever builds them: checked by
building twice), the bill of materials (CycloneDX) of what ships, the licences of its packages with their
texts, and the digests of all. The version is that of pyproject.toml; the changelog must have its chapter.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
UV = ROOT / ".tools/bin/uv"


class NotReady(Exception):
    """The release cannot be made; says what to do."""


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own arguments
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise NotReady(f"{Path(command[0]).name} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def chapter(changelog: str, version: str) -> str:
    """What the changelog says of a version. Raises NotReady."""
    pattern = rf"^## {re.escape(version)}(?:[ \n].*?)?\n(.*?)(?=^## |\Z)"
    found = re.search(pattern, changelog, re.DOTALL | re.MULTILINE)
    if found is None or not found[1].strip():
        raise NotReady(f"CHANGELOG.md has no chapter « ## {version} »: write what operators must do")
    if "### For operators" not in found[1]:
        raise NotReady(f"the chapter of {version} has no « ### For operators »: what must they do?")
    return found[1].strip()


def build(folder: Path, epoch: str) -> list[Path]:
    """The wheel and the source archive of this commit, with its time instead of the clock's."""
    run(UV, "build", "--offline", "--quiet", "--out-dir", folder, SOURCE_DATE_EPOCH=epoch)
    return sorted(path for path in folder.iterdir() if path.suffix in (".whl", ".gz"))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def reproducible(epoch: str) -> list[Path]:
    """What was built, the same twice. Raises NotReady."""
    with tempfile.TemporaryDirectory() as again:
        built, other = build(DIST, epoch), build(Path(again), epoch)
        if [digest(path) for path in built] != [digest(path) for path in other]:
            raise NotReady("two builds of this commit differ")
    return built


def materials(version: str) -> list[Path]:
    """The bill of materials and the licences, of an environment that holds what ships and nothing else."""
    bill, licences = DIST / f"relais-{version}.cdx.json", DIST / f"relais-{version}-licences.tsv"
    texts = DIST / "THIRD-PARTY-NOTICES"
    with tempfile.TemporaryDirectory() as folder:
        shipped = Path(folder) / "shipped"
        run(UV, "venv", "--quiet", "--python", sys.executable, shipped)
        python = shipped / "bin/python"
        run(UV, "pip", "sync", "--quiet", "--python", python, "--require-hashes", "requirements/runtime.lock")
        tool = ROOT / ".venv-release/bin/cyclonedx-py"
        described = ("--pyproject", "pyproject.toml", "--mc-type", "application", "--output-reproducible")
        run(tool, "environment", *described, "--output-file", bill, python)
        licences.write_text(run(sys.executable, "tools/notices.py", "--table", shipped))
        texts.write_text(run(sys.executable, "tools/notices.py", shipped))
    return [bill, licences, texts]


def main() -> int:
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    try:
        if run("git", "status", "--porcelain"):
            raise NotReady("the work tree has changes: commit them first")
        news = chapter((ROOT / "CHANGELOG.md").read_text(), version)
        DIST.mkdir(exist_ok=True)
        for old in DIST.iterdir():
            old.unlink()
        made = [*reproducible(run("git", "log", "-1", "--format=%ct").strip()), *materials(version)]
    except NotReady as error:
        sys.stderr.write(f"→ no release: {error}\n")
        return 1
    (DIST / "NEWS.md").write_text(f"# relais {version}\n\n{news}\n")
    sums = "".join(f"{digest(path)}  {path.name}\n" for path in made)
    (DIST / "SHA256SUMS").write_text(sums)
    sys.stdout.write(f"{sums}→ in dist/. Tag the commit: git tag --sign v{version}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
