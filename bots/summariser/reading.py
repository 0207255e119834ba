"""What the rules know of each sentence of a talk: its folded form, its words, whether it is meant. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bots.summariser import cues
from bots.summariser.dates import days, folded
from bots.summariser.talk import Member, Said, Talk
from core.gateway.extracts.sentences import split

_WORD = re.compile(r"[a-z0-9]{3,}")
_QUOTE = re.compile(r"^\s*>.*$", re.MULTILINE)
_STOP_WORDS = """
    les des une pour par sur dans avec que qui est sont pas plus mais donc car ont aux ces ses son mon ton
    tout tous toute fait faire faut ete etre avoir peux peut pouvez vous nous elle ils elles cette cet notre
    votre leur quoi quand comme oui non merci bonjour bon bien moi toi lui avant apres ici finalement decide
    decidons valide tranche acte retient garde part reste lundi mardi mercredi jeudi vendredi samedi dimanche
    demain janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre the and for
    with that this will you are from monday tuesday wednesday thursday friday going occupe charge vais sera
    c'est ca plutot aussi tres alors encore juste deja ainsi puis chez entre vers sans sous
"""
_STOP = frozenset(_STOP_WORDS.split())
_STEM = 6
"""Letters that tell a word."""
_TITLES = frozenset({"m", "mme", "dr"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """`plain` is folded; `words` are the stems of the words that carry its subject."""

    said: Said
    text: str = field(repr=False)
    plain: str = field(repr=False)
    words: frozenset[str]

    @property
    def asked(self) -> bool:
        return self.plain.rstrip(" \u00a0\u202f»)").endswith("?")


def sentences(talk: Talk) -> list[Sentence]:
    """Every sentence that is meant, in order: jokes, and what its author calls one, are left out."""
    jokes = joked(talk)
    return [one for said in talk.messages if said.n not in jokes for one in of(said)]


def of(said: Said) -> Iterator[Sentence]:
    for line in _QUOTE.sub("", said.text).splitlines():
        for text in split(line.strip(" \t-*•")) if line.strip() else ():
            plain = folded(text)
            yield Sentence(said=said, text=text, plain=plain, words=stems(plain))


def stems(plain: str) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in _WORD.findall(plain) if word not in _STOP)


def joked(talk: Talk) -> set[int]:
    """Messages that joke, or that their author, next in line, says were a joke."""
    found: set[int] = set()
    last: dict[str, int] = {}
    for said in talk.messages:
        plain = folded(said.text)
        if cues.JOKES.search(plain):
            found.add(said.n)
            if not stems(cues.JOKES.sub(" ", plain)) and said.author.id in last:
                found.add(last[said.author.id])
        last[said.author.id] = said.n
    return found


def decides(sentence: Sentence) -> bool:
    """Do the words of a sentence decide? A question, a condition or a wish does not."""
    return (
        not sentence.asked
        and cues.DECIDES.search(sentence.plain) is not None
        and cues.NOT_DECIDED.search(sentence.plain) is None
    )


def deciding(said: Iterable[Said]) -> bool:
    """Does any sentence of these messages decide?"""
    return any(decides(sentence) for one in said for sentence in of(one))


def due(text: str, said: Said) -> str | None:
    """The last day that a text names, seen from its message: « d’ici vendredi » → ISO date."""
    found = days(text, said.at.date())
    return found[-1].day.isoformat() if found else None


class Names:
    """Finds participants by the names that people call them: the whole name, or a first name of its own."""

    def __init__(self, members: Sequence[Member]) -> None:
        called: dict[str, list[Member]] = {}
        for member in members:
            plain = folded(re.sub(r"\s*[\[(].*?[\])]", "", member.name)).lstrip("@")
            parts = [part for part in re.split(r"[\s.]+", plain) if part and part not in _TITLES]
            for name in {plain, " ".join(parts), *parts[:1], *parts[1:]}:
                if len(name) > 1:
                    called.setdefault(name, []).append(member)
        self._called = {name: found[0] for name, found in called.items() if len(found) == 1}
        spelled = "|".join(re.escape(name) for name in sorted(self._called, key=len, reverse=True))
        self._any = re.compile(rf"(?<![\w-])@?({spelled})(?![\w-])") if spelled else None

    def named(self, plain: str) -> list[tuple[re.Match[str], Member]]:
        """Whom a folded text names, in order."""
        return [(m, self._called[m[1]]) for m in self._any.finditer(plain)] if self._any else []

    def whole(self, name: str) -> Member | None:
        """The participant of this name, as a model or a person may spell it."""
        return self._called.get(folded(name).strip().lstrip("@")) or next(
            (member for match, member in self.named(folded(name)) if len(match[1]) * 2 > len(name.strip())),
            None,
        )
