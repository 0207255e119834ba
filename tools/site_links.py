"""A hook of MkDocs: links of the documentation to other files of the repository become their text alone.

On a forge they lead to the file; the site holds the documentation only. A link to a file that is not there
stays, so that the strict build names it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_LINK = re.compile(r"\[([^\]]+)\]\((\.\./[^)#\s]+)(?:#[^)]*)?\)")


def without_outside(markdown: str, page: Path, docs: Path) -> str:
    """The page with the text alone of each link that leads out of `docs` to a file that there is."""

    def told(link: re.Match[str]) -> str:
        target = (page.parent / link[2]).resolve()
        return link[1] if target.exists() and not target.is_relative_to(docs.resolve()) else link[0]

    return _LINK.sub(told, markdown)


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Called by MkDocs for each page."""
    return without_outside(markdown, Path(page.file.abs_src_path), Path(config["docs_dir"]))
