"""What our own server found out about a sender (RFC 8601), and whether that vouches for them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from publicsuffixlist import PublicSuffixList

from core.documents.mail.headers import Headers

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
