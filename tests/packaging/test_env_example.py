""".env.example tells every setting, and each setting it tells exists."""

import re
from pathlib import Path

from core.config.settings import known_names

EXAMPLE = Path(__file__).parents[2] / ".env.example"


def test_example_tells_all_settings() -> None:
    """A setting that is added, renamed or removed is so in the example too."""
    told = set(re.findall(r"^#(RELAIS_\w+)=", EXAMPLE.read_text(), re.MULTILINE))
    settings = {name for name in known_names() if not name.endswith("_FILE") or name == "RELAIS_CA_FILE"}
    assert told == settings - {"RELAIS_MAIL", "RELAIS_SLACK"}  # lists of several


def test_example_changes_nothing_as_it_is() -> None:
    """Copied without a change, it sets nothing: every line is a comment."""
    assert [line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#")] == []
