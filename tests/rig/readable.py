"""A text as its reader sees it: no-break spaces look like spaces, curved apostrophes like straight ones."""

from __future__ import annotations

_SEEN = str.maketrans({"\u00a0": " ", "\u202f": " ", "’": "'"})


class Readable(str):
    """Compares and searches so; what it holds stays as it was sent (`str(text)`)."""

    __slots__ = ()

    def __contains__(self, words: object) -> bool:
        return isinstance(words, str) and words.translate(_SEEN) in self.translate(_SEEN)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and other.translate(_SEEN) == self.translate(_SEEN)

    def __hash__(self) -> int:
        return hash(self.translate(_SEEN))

    def startswith(self, prefix: str | tuple[str, ...], *span: int) -> bool:  # type: ignore[override]
        each = (prefix,) if isinstance(prefix, str) else prefix
        return self.translate(_SEEN).startswith(tuple(one.translate(_SEEN) for one in each), *span)

    def endswith(self, suffix: str | tuple[str, ...], *span: int) -> bool:  # type: ignore[override]
        each = (suffix,) if isinstance(suffix, str) else suffix
        return self.translate(_SEEN).endswith(tuple(one.translate(_SEEN) for one in each), *span)
