"""How well Tesseract read a page, by what it says itself. Pure."""

from __future__ import annotations

from dataclasses import dataclass

_SURE = 60.0
_GOOD = 75.0
_ENOUGH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """`words` are those of two letters and more; `mean` is their confidence (0 to 100); `score` adds up the
    confidence of the sure ones, so that two readings of one page can be compared. Words that stand on their
    side (higher than wide) have none: Tesseract reads their letters, not their order."""

    words: int
    mean: float
    score: float

    @property
    def good(self) -> bool:
        """Whether it can hardly be read better another way round."""
        return self.words >= _ENOUGH and self.mean >= _GOOD


def confidence_of(table: bytes) -> Confidence:
    """Of a table of words (tesseract(1), TSV)."""
    sure: list[float] = []
    for line in table.decode("utf-8", "replace").split("\n")[1:]:
        cells = line.split("\t")
        if len(cells) >= 12 and cells[0] == "5" and sum(map(str.isalnum, cells[11])) >= 2:
            try:
                width, height, confidence = float(cells[8]), float(cells[9]), float(cells[10])
                sure.append(0.0 if height > 1.5 * width else confidence)
            except ValueError:
                continue
    mean = sum(sure) / len(sure) if sure else 0.0
    return Confidence(words=len(sure), mean=mean, score=sum(each for each in sure if each >= _SURE))
