"""A mail, and the mails quoted below it, as who writes to whom; and what they ask of each other.

A request is a sentence that asks for something by its form: a question to the reader, « merci de », « pouvez-
vous », « avant jeudi ». It is quoted, never reworded. Salutations, signatures and the notices that servers
put below are no part of what is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from core.gateway.engines.extracts.cues import NOTICE, leans_back
from core.language.mail_segments import Segment, segments, without_signature
from core.language.months import ENGLISH_DAYS, FRENCH_DAYS
from core.language.pattern_file import PatternFile, toml_beside
from core.language.sentences import split

_SENDER = re.compile(r"[>\s*_|]*(?:De|From|Von|Exp[ée]diteur|Envoyé par)[\s*_]*:[\s*_]*(.+)", re.IGNORECASE)
_RECIPIENT = re.compile(r"[>\s*_|]*(?:À|A|To|An|Pour|Destinataires?)[\s*_]*:[\s*_]*(.+)", re.IGNORECASE)
_COPIED = re.compile(r"[>\s*_|]*(?:Copie(?: à)?|Cc|Kopie)[\s*_]*:[\s*_]*(.+)", re.IGNORECASE)
_WROTE = re.compile(r"\b(?:(?:a|as|ai|avez|avait) écrit|wrote)\s?:", re.IGNORECASE)
_PATTERNS = PatternFile(toml_beside(__file__))
_NAMED = _PATTERNS.pattern("named")
_CLOSING = _PATTERNS.pattern("closing")
_GREETING = _PATTERNS.pattern("greeting")
_NOTICE = _PATTERNS.pattern("notice")
_ASKED = _PATTERNS.pattern("asked")
_PROMISED = _PATTERNS.pattern("promised")
_TO_COME = _PATTERNS.pattern("to_come")
_DAY = "|".join((*FRENCH_DAYS, *ENGLISH_DAYS))
_PLANNED = _PATTERNS.pattern("planned", day=_DAY)
_CALLED = re.compile(r"([A-ZÉÈÀÂÎÔ][\w’'-]{1,20}(?: [A-Z][\w’'-]{1,20})?)(?:, |[ \u00a0\u202f]?: )")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who asks whom, and the sentence. `who` and `whom` are names as written, empty where none is told."""

    who: str
    whom: str
    text: str = field(repr=False)
    promised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondence:
    """`requests` in the order of the mail, latest mail first; `text` is what was said beside them."""

    requests: tuple[Request, ...]
    text: str = field(repr=False)


def correspondence(text: str) -> Correspondence | None:
    """What a mail says; None for a text that is no mail."""
    found = segments(text[:_LONGEST])
    if not any(segment.introduction for segment in found[:2]):
        return None
    requests: list[Request] = []
    said: list[str] = []
    who = whom = ""
    known: set[str] = set()
    for segment in found:
        who, whom = _parties(segment, before=(who, whom))
        known.update(re.split(r"[\s,]+", f"{who}, {whom}, {_copied(segment)}"))
        asks = False
        for sentence in _sentences(segment):
            request = Request(who=who, whom=_called(sentence, known) or whom, text=sentence)
            if asks and leans_back(sentence):
                requests[-1] = replace(requests[-1], text=f"{requests[-1].text} {sentence}")
                continue
            asks = bool(_ASKED.search(sentence)) or sentence.endswith("?")
            if _promises(sentence) and not asks:
                requests.append(Request(who=who, whom="", text=sentence, promised=True))
            elif asks:
                requests.append(request)
            else:
                said.append(sentence)
    return Correspondence(requests=tuple(requests), text="\n\n".join(said))


_LONGEST, _LONGEST_SAID = 400_000, 2_000
"""Characters that are read of a mail; and of what is matched with a form: names, a sentence."""


def _begun(text: str) -> str:
    """The beginning of what is matched with a form, in one line, with one space where there are several."""
    return " ".join(text[:_LONGEST_SAID].split())


def _parties(segment: Segment, *, before: tuple[str, str]) -> tuple[str, str]:
    """Who wrote a segment, and to whom. Of a quotation without more, who was written to wrote it."""
    lines = segment.introduction.split("\n")
    sender = next((match[1] for line in lines if (match := _SENDER.match(line))), "")
    recipients = next((match[1] for line in lines if (match := _RECIPIENT.match(line))), "")
    if sender or recipients:
        return _names(sender), _names(recipients)
    if name := _writer(_begun(segment.introduction)):
        return (before[1] if name.lower() in ("vous", "tu", "you") else name), before[0]
    return before if segment.kind == "own" else ("", before[0])


def _writer(attribution: str) -> str:
    """The name before the verb of an attribution; empty where there is none."""
    wrote = _WROTE.search(attribution)
    before = attribution[: wrote.start()].rstrip(" ,") if wrote else ""
    if before.endswith(">"):
        before = before.rpartition("<")[0]
    return re.split(r"[,:<>]", before[-60:])[-1].lstrip("0123456789").strip()


def _names(value: str) -> str:
    """The names of a list of mailboxes, addresses where there are none."""
    found = [next(filter(None, match.groups()), "").strip() for match in _NAMED.finditer(_begun(value))]
    return ", ".join(name for name in found[:4] if name) + (", …" if len(found) > 4 else "")


def _promises(sentence: str) -> bool:
    begin = sentence[:_LONGEST_SAID]
    return any(form.search(begin) for form in (_PROMISED, _TO_COME, _PLANNED))


def _copied(segment: Segment) -> str:
    """The names of those who get a copy of a mail."""
    lines = segment.introduction.split("\n")
    return _names(next((match[1] for line in lines if (match := _COPIED.match(line))), ""))


def _called(sentence: str, known: set[str]) -> str:
    """To whom, by the words of known names, a sentence turns: « Sophie, merci de… »; empty for nobody."""
    match = _CALLED.match(sentence)
    return match[1] if match and match[1].split()[0] in known else ""


def _sentences(segment: Segment) -> Iterator[str]:
    """What is said in a segment, without salutations, signature and notices."""
    text = re.sub(r"(?m)^[>\s|]+(?:[-*] )?|^(?:[-*]|#{2,6}) ", "", without_signature(segment.text))
    for paragraph in re.split(r"\n\s*\n", text):
        lines: list[str] = []
        for line in map(str.strip, paragraph.split("\n")):
            if _CLOSING.fullmatch(line):
                if lines:
                    yield from _told(" ".join(lines))
                return
            if line and not line.startswith("#") and not _GREETING.fullmatch(line):
                lines.append(line)
        yield from _told(" ".join(lines))


def _told(paragraph: str) -> Iterator[str]:
    yield from (
        sentence for sentence in split(paragraph) if not (_NOTICE.search(sentence) or NOTICE.search(sentence))
    )
