"""Formulas on one line, as people type them: `B/(1+r)^t`, `∑_(t=1)^30`.

What stands above or below another text would else be a part of the number beside it. By the names of Office's
elements (ECMA-376 part 1, 22.1) and of MathML (3.0, 3).
"""

from __future__ import annotations

from collections.abc import Sequence

from core.documents.cleaning import raised
from core.documents.xml import Element, attribute, child, find_all, tag

_UNDER = frozenset(("sSub", "limLow", "msub", "munder"))
_OVER = frozenset(("sSup", "limUpp", "msup", "mover"))
_BOTH = frozenset(("sSubSup", "msubsup", "munderover"))
_QUOTIENTS = frozenset(("f", "mfrac"))
_ROOTS = frozenset(("rad", "mroot"))
SHAPED = frozenset(
    (
        "msub", "munder", "msup", "mover", "msubsup", "munderover", "mfrac", "mroot", "msqrt", "mtr",
        "mtable",
    )
)  # fmt: skip
"""Elements of MathML whose texts do not just follow each other."""
_UNSEEN = frozenset(
    ("del", "moveFrom", "delText", "instrText", "annotation", "annotation-xml", "phant", "mphantom")
)
_OPEN, _CLOSED = "(", ")"
_DEEPEST = 200


def on_one_line(formula: Element, depth: int = 0) -> str:
    """The text of a formula or of a part of one."""
    name = tag(formula)
    if name in _UNSEEN or name.endswith("Pr"):
        return ""
    if depth > _DEEPEST:
        return "".join(formula.itertext())
    if name in ("t", "mi", "mn", "mo", "mtext", "ms"):
        return "".join(formula.itertext()).strip(" \n\t") if name != "t" else formula.text or ""
    if name == "d":
        return _bracketed(formula, [on_one_line(each, depth + 1) for each in formula.iterchildren("{*}e")])
    parts = [
        on_one_line(each, depth + 1)
        for each in formula
        if not tag(each).endswith("Pr") and tag(each) not in _UNSEEN
    ]
    if name == "nary":
        sign = attribute(child(formula, "naryPr", "chr"), "val") or "∫"
        below, above, *of = (*parts, "", "")
        return f"{shaped('sSubSup', [sign, below, above])} {''.join(of)}"
    if name == "mfenced":
        opened, closed = attribute(formula, "open") or _OPEN, attribute(formula, "close") or _CLOSED
        return opened + ", ".join(parts) + closed
    return shaped(name, parts)


def shaped(name: str, parts: Sequence[str]) -> str:
    """The texts of the parts of an element, put together on a line. Of more or fewer parts than it may have
    programs show all, one behind the other (MathML Core, 3.1)."""
    parts = [part.strip() for part in parts]
    if name in _QUOTIENTS and len(parts) == 2:
        return f"{_grouped(parts[0])}/{_grouped(parts[1])}"
    if name == "msqrt":
        return f"√({''.join(parts)})"
    if name in _ROOTS and len(parts) == 2:
        degree, of = parts if name == "rad" else reversed(parts)
        return f"√({of})" if not degree else f"({of})^(1/{_grouped(degree)})"
    if name in _UNDER | _OVER and len(parts) == 2:
        return parts[0] + (_below if name in _UNDER else _above)(parts[1])
    if name in _BOTH and len(parts) == 3:
        return parts[0] + _below(parts[1]) + _above(parts[2])
    if name in ("mtable", "m", "eqArr"):
        return "; ".join(parts)
    return ", ".join(parts) if name in ("mtr", "mr") else "".join(parts)


def _below(text: str) -> str:
    return f"_{_grouped(text)}" if text else ""


def _above(text: str) -> str:
    if not text:
        return ""
    return high if (high := raised(text)) != text else f"^{_grouped(text)}"


def _grouped(text: str) -> str:
    """In brackets, unless it is one word or number."""
    return text if text.isalnum() else f"({text})"


def _bracketed(formula: Element, parts: list[str]) -> str:
    """What stands between brackets, of whatever form (22.1.2.24)."""
    said = {
        tag(each): attribute(each, "val")
        for each in find_all(child(formula, "dPr"), "begChr", "endChr", "sepChr")
    }
    return said.get("begChr", _OPEN) + said.get("sepChr", "|").join(parts) + said.get("endChr", _CLOSED)
