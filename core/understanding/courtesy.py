"""A request without its courtesies: « Bonjour, résume ce fil svp. Cordialement » asks for « résume ce fil ».

Greetings, thanks and signatures say nothing of what is wanted, and in a mail they are half of the words. They
are taken out only where something is left: « merci » alone is thanks.
"""

from __future__ import annotations

import re

_CALLED = re.compile(
    r"^\s*(?:@[\w.:-]+|(?:bonjour |salut |hello |hey |dis |ok )?@?(?:l')?(?:assistant|relais|bot))"
    r"\s*[,:!]?\s+(?=\S)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?<=\S)\s+@(?:assistant|relais|bot)\b|@(?:assistant|relais|bot)\s+(?=\S)", re.IGNORECASE
)
_GREETS = re.compile(
    r"^\W*(?:(?:re[- ]?)?(?:bonjour|bonsoir|bjr|bsr|salut|slt|coucou|cc|hello|hi|hey|dear"
    r"|good (?:morning|afternoon|evening)|ch[eè]re?s?|madame|monsieur)\b"
    r"(?: (?:[aà] (?:tous|toutes|vous)|tous|tout le monde|toutes|all|there|everyone|madame|monsieur"
    r"|(?:l['’]|le |the )?(?:[ée]quipe|team|assistant|relais|bot))\b)*[\s,.!:;–-]*)+",
    re.IGNORECASE,
)
_FAREWELL = (
    r"(?:bien )?cordialement|cdl?t|bien [aà] (?:vous|toi)"
    r"|(?:bonne|belle) (?:journ[ée]e|soir[ée]e|r[ée]ception|fin de (?:journ[ée]e|semaine))"
    r"|(?:kind |best )?regards|best|cheers|respectueusement"
)
_CLOSES = re.compile(
    r"(?:(?<=\S)\s+|(?<=[.!?,;]))"
    rf"(?:(?P<farewell>{_FAREWELL})"
    r"|(?:merci|(?:many )?thanks|thank you|thx)"
    r"(?: (?:d['’]avance|par avance|beaucoup|bcp|bien|[aà] (?:vous|toi)|in advance|a lot"
    r"|pour (?:votre|ton) aide|vivement|infiniment|encore))*"
    r"|stp|svp|s['’]il (?:te|vous) pla[iî]t|please|pls)(?![\w-])"
    r"(?P<signed>[\s,.!;–-]*(?:[^\s.!?]+(?:[\s.!]+|$)){0,5})$",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"\s*[,.!;\n–-]")
_NAMES = re.compile(r"\s*[,\n–-]\s*(?:[A-ZÀ-Þ0-9][\w'’.-]*[\s.!]*){1,3}$")
"""What signs after thanks, where the request may go on: a name or initials, not « svp, depuis lundi »."""
_WORD = re.compile(r"\w+")
_LEFT = 2
"""Words that a request has at least, once all that is taken out."""
_FORMULAS = 3
"""Closing formulas that are taken out: « Merci. Cordialement, J. Martin »."""
_LONGEST = 1_000
"""Characters; what is longer is no request for the bot."""


def bare_request(text: str) -> str:
    """Take whom `text` calls, its greeting, its thanks and its signature out of it, where words are left."""
    said = text.strip()
    if len(said) > _LONGEST:
        return said
    said = _CALLED.sub("", said)
    said = _kept(said, _NAMED.sub("", said))
    said = _kept(said, _GREETS.sub("", said))
    said = _kept(said, _CALLED.sub("", said))
    for _ in range(_FORMULAS):
        if (formula := _closing(said)) is None:
            break
        said = _kept(said, said[: formula.start()].rstrip(" ,;–-\n"))
    return said


def _closing(said: str) -> re.Match[str] | None:
    """The first formula after which nothing stands but who wrote."""
    formula = _CLOSES.search(said)
    while formula and not _is_signature(formula["signed"], farewell=bool(formula["farewell"])):
        formula = _CLOSES.search(said, formula.start() + 1)
    return formula


def _is_signature(signed: str, *, farewell: bool) -> bool:
    """Is what follows a formula nothing, or who wrote? After thanks, a request may go on."""
    if not signed.strip(" .!"):
        return True
    return (_SIGNATURE if farewell else _NAMES).match(signed) is not None


def _kept(before: str, after: str) -> str:
    return after if len(_WORD.findall(after)) >= _LEFT else before
