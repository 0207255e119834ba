"""PDFium's functions as they are in C, untyped: what its stubs infer depends on the order of the files."""

from __future__ import annotations

import importlib
from typing import Any

raw: Any = importlib.import_module("pypdfium2.raw")
