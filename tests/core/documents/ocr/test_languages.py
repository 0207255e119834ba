"""Which languages are recognised: those whose data Tesseract could load."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.documents.ocr import tesseract


def test_a_language_whose_data_are_damaged_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tesseract passes over it without a word, and would read French as English."""
    there = next((path for path in tesseract._folders() if (path / "eng.traineddata").is_file()), None)
    if there is None:
        pytest.skip("tesseract-ocr-eng is not installed")
    shutil.copy(there / "eng.traineddata", tmp_path)
    (tmp_path / "fra.traineddata").write_bytes(bytes(1000))
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    languages, reader, _ = tesseract._load()
    reader.End()
    assert languages == ["eng"]
