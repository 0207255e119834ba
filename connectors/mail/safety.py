"""Whom the bot answers: what a message's headers allow, before its body is looked at. Pure.

A robot that answers mail can be made to answer another robot for ever, to send its answers to someone who
never wrote (backscatter), or to tell a stranger what an agent wrote. So everything here fails closed, and
each rule is one line of `_SILENT` or `_DOUBTFUL`, in order. Sources: RFC 3834 (automatic answers), RFC 8601
(Authentication-Results), RFC 7489 (DMARC), RFC 2369 and 2919 (lists), RFC 3464 (reports).

What our own server found out about a sender counts where it vouches for them.
"""

from __future__ import annotations

import email.utils
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from publicsuffixlist import PublicSuffixList

from core.documents.mail import headers as mail
from core.documents.mail.headers import Headers
from core.language.pattern_file import PatternFile, toml_beside

_COMMENT = re.compile(r"\((?:\\.|[^()\\])*\)")
_OUTSIDE = re.compile(r'"(?:\\.|[^"\\])*"?|\(|[^"(]+')
_WITHIN = re.compile(r"\\.?|[()]|[^\\()]+")
_SUFFIXES = PublicSuffixList()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    method: str
    result: str
    properties: dict[str, str]


def results(top: Headers, authserv_id: str) -> list[Result]:
    """The results of our own server: those of the topmost header that bears its name, none if that cannot be
    told apart from what a stranger had it write. Others are hearsay."""
    for value in top.every("Authentication-Results"):
        told = structure(value)
        if told is None:
            if authserv_id.lower() in value.lower():
                return []
            continue
        identity, _, rest = told.partition(";")
        if identity.split()[:1] and identity.split()[0].strip('"').lower() == authserv_id.lower():
            return [found for each in rest.split(";") if (found := _result(each))]
    return []


def structure(value: str) -> str | None:
    """A value without its comments, and each quoted string as one word: whatever a stranger has our server
    write in either (the name before an `@`, say) ends nothing and is no result (RFC 5322, 3.2). None when a
    comment or a quoted string is not closed, or closed too often: nobody knows what is inside."""
    kept: list[str] = []
    depth = at = 0
    while match := (_WITHIN if depth else _OUTSIDE).match(value, at):
        piece, at = match[0], match.end()
        if piece == "(" or depth:
            depth += (piece == "(") - (piece == ")")
            kept += [" "] if not depth else []
        elif piece.count('"') == 1 or (piece[0] != '"' and ")" in piece):
            return None
        else:
            kept.append(re.sub(r"[^\w.@+-]", "_", piece.strip('"')) if piece[0] == '"' else piece)
    return None if depth else "".join(kept)


def uncommented(value: str) -> str:
    while (fewer := _COMMENT.sub(" ", value)) != value:
        value = fewer
    return value


def _result(words: str) -> Result | None:
    """`method=result ptype.property=value …` (RFC 8601, section 2.2)."""
    pairs = [
        (name.lower(), given.strip('"').lower())
        for name, _, given in (w.partition("=") for w in re.sub(r"\s*=\s*", "=", words).split())
    ]
    if not pairs:
        return None
    method, result = pairs[0]
    return Result(method=method.partition("/")[0], result=result, properties=dict(pairs[1:]))


def authenticated(results: Sequence[Result], domain: str) -> bool:
    """DMARC passed for this very domain, or a DKIM signature of its organisation did."""
    for each in results:
        if each.method == "dmarc" and each.result == "fail":
            return False
    return any(_vouches(each, domain) for each in results)


def _vouches(each: Result, domain: str) -> bool:
    if each.result != "pass":
        return False
    if each.method == "dmarc":
        return each.properties.get("header.from", domain).rpartition("@")[2] == domain
    if each.method == "dkim":
        signer = each.properties.get("header.d") or each.properties.get("header.i", "").rpartition("@")[2]
        return bool(signer) and organisation(signer) == organisation(domain)
    return False


def organisation(domain: str) -> str:
    """The registered domain by the public suffix list, in full where there is none."""
    return str(_SUFFIXES.privatesuffix(domain) or domain)


LARGEST = 35 * 1024 * 1024
"""Bytes of a mail that is read."""
HOPS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`address` is the bot's own; `authserv_id` the only name whose results are believed; `domains` those
    whose people may write."""

    address: str
    authserv_id: str
    domains: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The one authenticated sender, with the domain as A-label. `name` proves nothing."""

    sender: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """Automatic mail: seen, and not answered."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """Nobody knows who wrote it, or they may not: set apart for people, never answered."""

    why: str


Verdict = Answer | Silent | Quarantine


def judge(top: Headers, rules: Rules) -> Verdict:
    """The verdict on a message by its headers."""
    for why, found in _SILENT.items():
        if found(top, rules):
            return Silent(why=why)
    for why, found in _DOUBTFUL.items():
        if found(top, rules):
            return Quarantine(why=why)
    sender = _senders(top)[0]
    return Answer(sender=mail.ascii_domain(sender.address), name=sender.name)


# automatic mail


_PATTERNS = PatternFile(toml_beside(__file__))
_RESPONDER = _PATTERNS.pattern("responder")


def _responder(top: Headers, _: Rules) -> bool:
    return any(
        _RESPONDER.fullmatch(name) and value.strip().lower() not in (b"no", b"false")
        for name, value in top.items
    ) or "autoresponder" in _words(top, "Delivered-To")


_AUTOMATIC_SUBJECT = _PATTERNS.pattern("automatic_subject")


def _report(top: Headers, _: Rules) -> bool:
    """Delivery reports, receipts (RFC 3464, RFC 8098)."""
    kind, _given = mail.parameters(top.raw("Content-Type"))
    return kind in ("multipart/report", "message/delivery-status", "message/disposition-notification")


def _list(top: Headers, _: Rules) -> bool:
    return any(name.lower().startswith("list-") for name, _value in top.items) or "Feedback-ID" in top


_PRECEDENCES = {"bulk", "list", "junk", "auto_reply"}
_ROBOT = _PATTERNS.pattern("robot")


def _not_to_us(top: Headers, rules: Rules) -> bool:
    """In blind copy, or forwarded by a rule: whoever wrote it did not ask us."""
    values = [*top.every("To"), *top.every("Cc")]
    return not any(
        same_box(each.address, rules.address) for value in values for each in mail.mailboxes(value)
    )


# senders who are not known for sure


def _stranger(top: Headers, rules: Rules) -> bool:
    address = mail.ascii_domain(_senders(top)[0].address)
    return address.rpartition("@")[2] not in rules.domains


def _unauthenticated(top: Headers, rules: Rules) -> bool:
    domain = mail.ascii_domain(_senders(top)[0].address).rpartition("@")[2]
    return not authenticated(results(top, rules.authserv_id), domain)


def _partly_signed(top: Headers, rules: Rules) -> bool:
    """A signature with `l=` covers the beginning only: anyone may have added the rest."""
    domain = organisation(mail.ascii_domain(_senders(top)[0].address).rpartition("@")[2])
    for value in top.every("DKIM-Signature"):
        given = tags(value)
        if "l" in given and organisation(given.get("d", "").lower()) == domain:
            return True
    return False


def tags(value: str) -> dict[str, str]:
    """The tags of a DKIM-Signature (RFC 6376, 3.2)."""
    pairs = (tag.partition("=") for tag in value.split(";"))
    return {name.strip(): given.strip() for name, _, given in pairs}


Rule = Callable[[Headers, Rules], bool]

_SILENT: dict[str, Rule] = {
    "bounce": lambda top, _: any(value.replace(" ", "") == "<>" for value in top.every("Return-Path")),
    "automatic": lambda top, _: any(  # RFC 3834, section 5
        value.partition(";")[0].strip().lower() != "no" for value in top.every("Auto-Submitted")
    ),
    "responder": _responder,
    "automatic_subject": lambda top, _: bool(
        _AUTOMATIC_SUBJECT.match(unicodedata.normalize("NFC", top.get("Subject")))
    ),
    "report": _report,
    "list": _list,
    "bulk": lambda top, _: not _PRECEDENCES.isdisjoint(_words(top, "Precedence")),
    # MS-OXCMAIL 2.1.3.2.20: the sender's server wants no automatic answers
    "suppressed": lambda top, _: not {"", "none"}.issuperset(_words(top, "X-Auto-Response-Suppress")),
    "loop": lambda top, _: "X-Loop" in top or len(top.every("Received")) > HOPS,
    # sent by us: a copy of an answer, or a loop
    "own": lambda top, rules: any(same_box(each.address, rules.address) for each in _senders(top)),
    "robot": lambda top, _: any(
        _ROBOT.fullmatch(each.address.rpartition("@")[0].lower()) for each in _senders(top)
    ),
    "not_addressed": _not_to_us,
}
_DOUBTFUL: dict[str, Rule] = {
    "headers_too_long": lambda top, _: top.cut,
    # RFC 5322 allows several authors, and programs disagree on which one counts
    "senders": lambda top, _: len(top.every("From")) != 1 or not _one_author(top.every("From")[0]),
    "stranger": _stranger,
    "unauthenticated": _unauthenticated,
    "partly_signed": _partly_signed,
    # La Suite's *messages* could not verify the author, or found a forgery
    "unverified": lambda top, _: not {"none", "fail"}.isdisjoint(_words(top, "X-StMsg-Sender-Auth")),
}


def same_box(address: str, ours: str) -> bool:
    """The same mailbox, `box+word@…` included."""
    local, _, domain = mail.ascii_domain(address).rpartition("@")
    own, _, home = mail.ascii_domain(ours).rpartition("@")
    return bool(local) and domain == home and local.partition("+")[0] == own


def _words(top: Headers, name: str) -> set[str]:
    """The values of a header that is one word, in small letters."""
    return {value.strip().lower() for value in top.every(name)}


def _senders(top: Headers) -> Sequence[mail.Mailbox]:
    return [each for value in top.every("From") for each in mail.mailboxes(value)]


_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')


def _one_author(value: str) -> bool:
    """One address, on which a parser and a plain search agree; no group."""
    plain = uncommented(_QUOTED.sub(" ", value))
    if ";" in plain or ":" in plain or plain.count("@") != 1:
        return False
    found = mail.mailboxes(value)
    parsed = [address for _, address in email.utils.getaddresses([value])]
    return len(found) == 1 and parsed == [found[0].address] and bool(mail.ascii_domain(parsed[0]))
