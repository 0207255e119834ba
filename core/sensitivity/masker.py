"""Hides personal data and credentials from a model and puts it back in what the model answers.

The same value gets the same placeholder (`[NIR_1]`) for as long as the masker lives, so a model can speak
of it; `to_json` keeps it for the session, sealed like the rest. Models sometimes change what they copy
(`[nir 1]`, `[NIR\\_1]`): these are understood too. A placeholder that a person wrote by hand is never
given out, so nothing is put where it was not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any

from core.language.folding import plain_letters
from core.sensitivity.level import Kind
from core.sensitivity.personal.context import Context
from core.sensitivity.personal.facts import find_persons
from core.sensitivity.personal.personal_data import NUMBERS, find_personal
from core.sensitivity.secrets.credentials import find_credentials

_NAMES: dict[Kind, str] = {
    "nir": "NIR", "nif": "FISCAL", "iban": "IBAN", "rib": "RIB", "card": "CARTE", "rpps": "RPPS",
    "phone": "TEL", "email": "COURRIEL", "address": "ADRESSE", "plate": "PLAQUE",
    "passport": "PASSEPORT", "cni": "IDENTITE",
    "residence_permit": "SEJOUR", "birth_date": "NAISSANCE", "credential": "SECRET",
}  # fmt: skip
_PERSON = "PERSONNE"
_LABELS = "|".join(sorted({*_NAMES.values(), _PERSON}, key=len, reverse=True))
_PLACEHOLDER = re.compile(rf"\[ ?({_LABELS})(?:\\?[_ \-])(\d{{1,5}}) ?\]", re.I)
_TIMES = 12
"""How often a text is looked through, at most, where each time something is found."""
_BEGUN = re.compile(r"\[[ A-Za-z\\_\-0-9]{0,20}$")
"""The end of a text that may still become a placeholder."""


class Masker:
    """Placeholders given so far. Not shared between persons: it holds their data."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})
        self._placeholders = {self._key(p, v): p for p, v in self._values.items()}
        self._reserved: set[str] = set()
        self._numbers = Counter(placeholder[1:].split("_")[0] for placeholder in self._values)

    def mask_all(self, texts: Sequence[str]) -> list[str]:
        """Each of the texts as by `mask`. No placeholder that stands in any of them is given out."""
        for text in texts:
            self._reserved |= {_canonical(match) for match in _PLACEHOLDER.finditer(text)}
        return [self.mask(text) for text in texts]

    def mask(self, text: str) -> str:
        """`text` with every piece of personal data, every credential and every name of a person replaced."""
        self._reserved |= {_canonical(match) for match in _PLACEHOLDER.finditer(text)}
        return self._masked(text, _TIMES)

    def _masked(self, text: str, times: int) -> str:
        rest, hidden = list[str](), list[str]()
        last = 0
        for start, end, label in _spans(text):
            if start >= last:
                rest.append(text[last:start])
                hidden.append(self._placeholder(label, text[start:end]))
                last = end
        rest.append(text[last:])
        if hidden and times > 1:  # what stood right against it now stands free: « Mme Roy1 85 05 … »
            rest = [self._masked(each, times - 1) for each in rest]
        return "".join(chain(*zip_longest(rest, hidden, fillvalue="")))

    def unmask(self, text: str) -> str:
        """`text` with the values back in place of their placeholders."""
        return _PLACEHOLDER.sub(lambda m: self._values.get(_canonical(m), m.group()), text)

    def unmask_stream(self) -> Unmasking:
        """The same for a text that comes in chunks."""
        return Unmasking(self)

    def to_json(self) -> dict[str, Any]:
        """Placeholder → value. Personal data: to be sealed."""
        return dict(self._values)

    def _placeholder(self, label: str, value: str) -> str:
        key = self._key(f"[{label}_0]", value)
        if key not in self._placeholders:
            placeholder = self._next(label)
            self._placeholders[key] = placeholder
            self._values[placeholder] = value
        return self._placeholders[key]

    def _next(self, label: str) -> str:
        """The first placeholder of a label that neither a value has nor a person wrote."""
        while True:
            self._numbers[label] += 1
            placeholder = f"[{label}_{self._numbers[label]}]"
            if placeholder not in self._reserved and placeholder not in self._values:
                return placeholder

    @staticmethod
    def _key(placeholder: str, value: str) -> tuple[str, str]:
        """Same label and same letters and digits: the same thing, however it is spaced."""
        return placeholder[1:].split("_")[0], re.sub(r"[\W_]+", "", plain_letters(value).text).upper()


class Unmasking:
    """Puts values back in a stream; holds back the few characters that may begin a placeholder."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._held = ""

    def feed(self, chunk: str) -> str:
        """What may be shown after this chunk."""
        text = self._held + chunk
        begun = _BEGUN.search(text, max(len(text) - 24, 0))
        cut = begun.start() if begun else len(text)
        self._held = text[cut:]
        return self._masker.unmask(text[:cut])

    def finish(self) -> str:
        """What was held back, at the end of the stream."""
        text, self._held = self._held, ""
        return self._masker.unmask(text)


def _canonical(match: re.Match[str]) -> str:
    return f"[{match[1].upper()}_{int(match[2])}]"


def _spans(text: str) -> Iterable[tuple[int, int, str]]:
    """What to hide, in order of place; of two that begin together the longer first."""
    folded = plain_letters(text)
    context = Context(folded.text)
    data = find_personal(context)
    found = [(d.start, d.end, _NAMES[d.kind]) for d in data if d.kind in _NAMES]
    found += [(p.start, p.end, _PERSON) for p in find_persons(folded.text)]
    numbers = (d for d in data if d.kind in NUMBERS)
    found += [(c.start, c.end, _NAMES["credential"]) for c in find_credentials(context, numbers)]
    found.sort(key=lambda span: (span[0], -span[1]))
    return [(*folded.span(start, end), label) for start, end, label in found]
