"""Which patch level of Python relais wants.

Before these, the standard library writes headers into mails that nobody meant (CVE-2024-6923). relais builds
its headers itself and does not depend on the mending (`connectors/mail/fields.py`); whoever runs it should
know.
"""

from __future__ import annotations

import sys

PATCHED = {(3, 11): 10, (3, 12): 5, (3, 13): 0}


def needed(version: tuple[int, int, int] = sys.version_info[:3]) -> str | None:
    """The patch level to update to; None when this one will do."""
    least = PATCHED.get(version[:2], 0)
    return None if version[2] >= least else f"{version[0]}.{version[1]}.{least}"
