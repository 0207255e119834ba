"""Markings that are not in the text itself: labels of documents and mail, properties, file names; and what a
person says of the text that they send: « ce document est confidentiel », « à ne pas diffuser ».

Microsoft's labels (MIP) travel as `MSIP_Label_<GUID>_Name` in document properties and in the mail header
`msip_labels`, and as `LabelInfo` without a name; pasted mails show that header in the text. The policy's
identifiers (`[labels]`) are part of the vocabulary. A label that we do not know fails closed: it may mean
anything, so the person is asked.

A declaration is about the text at hand (`ce document`, `c'est`, `treat this as`), is not denied and asks
nothing; what is said of other things (« le secret médical est confidentiel ») is talk. It is asked about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from core.language.folding import skeleton
from core.language.mail_segments import CLAUSE
from core.sensitivity.data import pattern_of
from core.sensitivity.level import Level, Strength, Sublevel
from core.sensitivity.markings.finder import FoundMarking, find
from core.sensitivity.markings.layout import TextLayout
from core.sensitivity.markings.vocabulary import Mark, Vocabulary
from core.sensitivity.personal.context import Context

_MIP = pattern_of("labels.mip")
_LABEL_NAME = re.compile(r".*msip_label_(.+)_name", re.I)
_LABEL_INFO = re.compile(r"id=\{?([0-9a-f\-]{8,40})\b", re.I)
_LABEL_KEY = pattern_of("labels.label_key")
_HARMLESS = pattern_of("labels.harmless")
_MAIL_SENSITIVITY = {"private": Level.N2, "personal": Level.N2, "companyconfidential": Level.N3}
_ABOUT_MARKINGS = pattern_of("labels.about_markings")
_STRENGTHS: dict[str, Strength] = {"doubtful": "weak", "caveat": "mention"}
_FILE = pattern_of("labels.file")
_ATTACHED = pattern_of("labels.attached")
_LONGEST_NAME = 400
_KEYWORDS = frozenset(("keyword", "keywords"))
_OWN = re.compile(r"\s*(N[0-4][ab]?)(?:\s*[-–—]\s*([^\n]{1,60}?))?\s*", re.I)
_LADDER = re.compile(r"(?<![\w.+-])N[1-4][ab]?(?![\w+])", re.I)
_PIECE = (
    r"(?:documents?|notes?|fichiers?|messages?|mails?|courriels?|textes?|pieces?(?:\sjointes?)?|rapports?|fiches?"
    r"|informations?|infos?|elements?|tableaux?|donnees|files?|memo|attachment|information|data)"
)
_BEFORE_LEVEL = pattern_of("labels.before_level", piece=_PIECE)
_AFTER_LEVEL = pattern_of("labels.after_level")
_AFTER_NAMED = pattern_of("labels.after_named")
_OF_WHAT = re.compile(r"sensib|confiden|protec|class|sensitiv", re.I)
_SUPPORT = re.compile(r"\b(?:support|assistance|help\s?desk|tickets?)\b", re.I)
_LONGEST_LINE = 300
_IN_NAMES = pattern_of("labels.in_names")
_SAID = pattern_of("labels.said", piece=_PIECE)
_SAID_LEVEL = pattern_of("labels.said_level", piece=_PIECE)
_QUOTES = ("«", '"', "“", "'")
_HELD_BACK = pattern_of("labels.held_back")
_LINE = r"(?:^|\n)[\s>*~#•-]{0,8}"
"""How a line begins: blanks, and the signs of a quotation, a list, a title or emphasis."""
_HOLDS_BACK = re.compile(rf"(?:{_LINE}|[.;,(!:-]\s?|\ba\s|\b(?:merci|priere)\sde\s|\b(?:svp|stp|please)\s)\Z")
_BEGINS_LINE = re.compile(rf"{_LINE}\Z")
_HEADED = re.compile(rf"\b{_PIECE}\s(?:strictement\s|tres\s)?(confidentiel(?:le)?s?)(?=\s?[:–\n-])")
_EMBARGO = re.compile(r"\b((?:sous\s)?embargo)\s(?:jusqu|until\b)")
_BEGINS = re.compile(rf"(?:{_LINE}|[.;!]\s?)\Z")
_BRACKETED = re.compile(r"\s?\[\s?(tlp\s?:\s?\w+(?:\s?\+\s?strict)?)\s?\]\s?(?=\S)")


def find_in_property(name: str, value: str, vocabulary: Vocabulary) -> Iterator[FoundMarking]:
    """Markings of a property or mail header. `name` and `value` are folded."""
    if "msip" in name.lower():
        yield from _mip_property(name, value, vocabulary)
    elif name.lower() == "sensitivity" and (level := _MAIL_SENSITIVITY.get(re.sub(r"\W", "", value.lower()))):
        yield _label(Mark(name=value, level=level), value)
    elif _LABEL_KEY.search(name):
        label = _LABEL_INFO.match(value)
        yield from _labelled(value, vocabulary, id=label[1] if label else "")
    elif name.lower() in _KEYWORDS and (own := list(find_own_level(value))):
        yield from own
    else:
        for piece in re.finditer(r"[^;,\n]+", value):
            for finding in find(piece.group(), vocabulary):
                yield _moved(finding, piece.start())


def find_own_level(text: str) -> Iterator[FoundMarking]:
    """The level as relais writes it in headers and properties, `N2 – Sensible`; a folded text."""
    if (written := _OWN.fullmatch(text)) is not None:
        level = Level.parse(written[1])
        if skeleton(written[2] or level.french) in (skeleton(level.french), skeleton(level.english)):
            mark = Mark(name=text.strip(), level=level, sublevel=Sublevel.of(written[1]))
            yield FoundMarking(mark=mark, start=0, end=len(text), strength="strong", why="property")


def find_ladder(text: str, *, running: bool, boxed: bool = False) -> Iterator[FoundMarking]:
    """Levels of our ladder on a folded line, in a place of their own: « Niveau de sensibilité : N2 », and in
    what is `running` at page edges (a header, a subject) or stands there « Niveau N3 » too. A bare `N3` at a
    page's edge, or behind a dash there or in a text that is `boxed`, may be a road, one below « Sensibilité »
    another text's: they are asked about. One line alone is no page: « niveau N3 » is an order. Where a text
    names several, it is about levels; what is called a level alone may be one of support."""
    if not _LADDER.search(text):
        return
    sheet = TextLayout(text)
    found: list[FoundMarking] = []
    named: set[str] = set()
    page = boxed or sum(bool(raw.strip()) for raw in sheet.raws) > 1
    # what is only called a level is hardly one of sensitivity beside another, or in what speaks of support
    doubts = (len({each[0].upper() for each in _LADDER.finditer(text)}) > 1) + bool(_SUPPORT.search(text))
    for line, raw in enumerate(sheet.raws):
        for level, label in _ladder_in(raw) if len(raw) <= _LONGEST_LINE else ():
            mark = _rung(level[0])
            named.add(mark.name)
            behind = bool(level.start()) and (boxed or sheet.page_count > 1)
            edge = page and sheet.at_edge(line)
            whole = label or _heading(sheet.raws, line, level)
            of_what = bool(_OF_WHAT.search(whole))
            if of_what or (doubts < 2 and (running or (edge and (label or behind)))):
                start = sheet.starts[line] + level.start()
                found.append(
                    FoundMarking(
                        mark=mark,
                        start=start,
                        end=start + len(level[0]),
                        strength="strong" if label and (of_what or not doubts) else "weak",
                        why="label" if label else "isolated",
                    )
                )
    if running or len(named) == 1:
        yield from found


def _ladder_in(raw: str) -> Iterator[tuple[re.Match[str], str]]:
    """The levels in places of their own on a line, each with the label before it, which may be empty."""
    for level in _LADDER.finditer(raw):
        before = _BEFORE_LEVEL.search(raw[: level.start()])
        label = before[1] or "" if before else ""
        if before and (
            (_AFTER_LEVEL.match(raw, level.end()) and (label or level[0][0] == "N"))
            or (label and _AFTER_NAMED.match(raw, level.end()))
        ):
            yield level, label


def _heading(raws: list[str], line: int, level: re.Match[str]) -> str:
    """What names the level alone right above it: a line, or the head of its column."""
    above = [raw for raw in raws[max(line - 2, 0) : line] if raw.strip("|-: ")][-1:]
    if not above or len(above[0]) > _LONGEST_LINE:
        return ""
    cells = above[0].split("|")[level.string.count("|", 0, level.start()) :]
    label = _BEFORE_LEVEL.fullmatch(cells[0]) if cells else None
    return (label and label[1]) or ""


def find_own_heading(text: str) -> Iterator[FoundMarking]:
    """The same as the first line of a folded text: Markdown has no header."""
    line = text.lstrip().partition("\n")[0]
    bare = line.strip("* ")
    if "*" in line:
        start = text.index(bare)
        yield from (_moved(found, start) for found in find_own_level(bare))


def find_labels(text: str, vocabulary: Vocabulary) -> Iterator[FoundMarking]:
    """Microsoft labels written in a folded text: a mail's headers, a dump of properties."""
    if "msip_label" not in text.lower():
        return
    found = list(_MIP.finditer(text))
    disabled = {
        m[1].lower() for m in found if m[2].lower() == "enabled" and m[3].strip().lower() in ("false", "0")
    }
    for match in found:
        if match[2].lower() == "name" and match[1].lower() not in disabled:
            yield from (_moved(f, match.start(3)) for f in _labelled(match[3], vocabulary, id=match[1]))


def find_in_name(name: str, vocabulary: Vocabulary) -> Iterator[FoundMarking]:
    """Markings in a file's name (folded): always weak, since a name may also be a subject."""
    spaced = name.replace("_", " ")
    if _ABOUT_MARKINGS.search(spaced):
        return
    for match in _IN_NAMES.finditer(spaced):
        mark = vocabulary.name(skeleton(match.group()))
        if mark is not None:
            yield FoundMarking(
                mark=mark, start=match.start(), end=match.end(), strength="weak", why="file_name"
            )
            return


def find_attached(text: str, vocabulary: Vocabulary) -> Iterator[FoundMarking]:
    """Markings in names of files that a folded text lists: `Pièce jointe : plan_DR.pdf`. One in a sentence is
    talked about."""
    for match in _FILE.finditer(text):
        start = max(match.start() - 1 - _LONGEST_NAME, text.rfind("\n", 0, match.start()) + 1)
        line = text[start : match.start()]
        if (listed := _ATTACHED.match(line)) and (line := line[listed.end() :]):
            for finding in find_in_name(line, vocabulary):
                yield _moved(finding, start + listed.end())


def _mip_property(name: str, value: str, vocabulary: Vocabulary) -> Iterator[FoundMarking]:
    if "=" in value:
        yield from find_labels(value, vocabulary)
    elif (label := _LABEL_NAME.fullmatch(name)) is not None:
        yield from _labelled(value, vocabulary, id=label[1])


def _labelled(value: str, vocabulary: Vocabulary, *, id: str = "") -> Iterator[FoundMarking]:
    """A label's value: a level of ours, a marking, a path that ends with one (`Confidentiel\\RH`), or what we
    do not know, unless the policy knows the label by its `id`, however it is called."""
    known = vocabulary.match(skeleton(id)) if id else None
    if known:
        yield _label(known.mark, value)
    if own := list(find_own_level(value)):
        yield from own
        return
    steps = [step for step in re.split(r"[\\\\/|>:,]|\s-\s", value) if step.strip()]
    matches = (vocabulary.match(skeleton(text)) for text in (value, *reversed(steps)))
    match = next(filter(None, matches), None)
    if match:
        yield _label(match.mark, value)
    elif not known and skeleton(value) and not _HARMLESS.fullmatch(value.strip()):
        unknown = Mark(name=value.strip(), level=Level.N4, kind="unknown_marking", form="doubtful")
        yield FoundMarking(mark=unknown, start=0, end=len(value), strength="weak", why="unknown_label")


def _label(mark: Mark, value: str) -> FoundMarking:
    strength = _STRENGTHS.get(mark.form, "strong")
    return FoundMarking(mark=mark, start=0, end=len(value), strength=strength, why="property")


def _moved(finding: FoundMarking, by: int) -> FoundMarking:
    return replace(finding, start=finding.start + by, end=finding.end + by)


def find_declared(context: Context, vocabulary: Vocabulary) -> Iterator[FoundMarking]:
    """Declarations in a folded text. The clause of confidentiality below a mail is none, unless it says what
    is not let out at all."""
    lower = context.lower
    for match, name in _declared(context):
        mark = _rung(name) if _LADDER.fullmatch(name) else vocabulary.name(skeleton(name))
        if mark is None or (_is_usual(mark) and CLAUSE.search(_paragraph(lower, match))):
            continue
        start, end = match.span(1)
        yield FoundMarking(mark=mark, start=start, end=end, strength="weak", why="declared")
    if (match := _BRACKETED.match(lower)) and (mark := vocabulary.name(skeleton(match[1]))):
        yield FoundMarking(
            mark=mark, start=match.start(1), end=match.end(1), strength="strong", why="opening"
        )


def _declared(context: Context) -> Iterator[tuple[re.Match[str], str]]:
    """What declares a text, each with the name of its marking."""
    for match in (*context.said(_SAID), *context.said(_SAID_LEVEL), *context.said(_HEADED, _BEGINS_LINE)):
        if context.text[max(match.start() - 2, 0) : match.start()].strip()[-1:] not in _QUOTES:
            yield match, match[1]
    for match in context.said(_HELD_BACK, _HOLDS_BACK):
        yield match, "ne pas diffuser"
    for match in context.said(_EMBARGO, _BEGINS):
        yield match, "sous embargo"


def _rung(level: str) -> Mark:
    """The mark of a level of the ladder, « n3 »."""
    name = level[0].upper() + level[1:].lower()
    return Mark(name=name, level=Level.parse(name), sublevel=Sublevel.of(name))


def _is_usual(mark: Mark) -> bool:
    """May the clause below any mail use it?"""
    return mark.kind == "marking" and mark.level <= Level.N3


def _paragraph(text: str, match: re.Match[str]) -> str:
    """The paragraph of a text that a match stands in, up to 600 characters to either side."""
    before = text[max(match.start() - 600, 0) : match.start()].rpartition("\n\n")[2]
    return before + text[match.start() : match.end() + 600].partition("\n\n")[0]
