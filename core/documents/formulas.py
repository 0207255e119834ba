"""Formulas on one line, as people type them: `B/(1+r)^t`, `∑_(t=1)^30`.

Without this, a text above or below another would become a part of the number beside it. The names are those
of Office's elements (ECMA-376 part 1, 22.1) and of MathML (3.0, 3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.documents.cleaning import raised
from core.documents.xml import Element, attribute, child, find_all, tag

SHAPED = frozenset(
    (
        "msub", "munder", "msup", "mover", "msubsup", "munderover", "mfrac", "mroot", "msqrt", "mtr",
        "mtable",
    )
)  # fmt: skip
"""Elements of MathML whose texts do not simply follow each other."""
_UNSEEN = frozenset(
    ("del", "moveFrom", "delText", "instrText", "annotation", "annotation-xml", "phant", "mphantom")
)
_LEAVES = frozenset(("mi", "mn", "mo", "mtext", "ms"))
_OPEN, _CLOSED = "(", ")"
_DEEPEST = 200


def on_one_line(formula: Element, depth: int = 0) -> str:
    """Return the text of a formula or of a part of one."""
    name = tag(formula)
    if _is_unseen(name):
        return ""
    if depth > _DEEPEST:
        return "".join(formula.itertext())
    if name == "t":
        return formula.text or ""
    if name in _LEAVES:
        return "".join(formula.itertext()).strip(" \n\t")
    if name == "d":
        return _bracketed(formula, [on_one_line(each, depth + 1) for each in formula.iterchildren("{*}e")])
    parts = [on_one_line(each, depth + 1) for each in formula if not _is_unseen(tag(each))]
    if name == "nary":
        return _with_limits(formula, parts)
    if name == "mfenced":
        return _fenced(formula, parts)
    return shaped(name, parts)


def _is_unseen(name: str) -> bool:
    """True for an element that nobody sees: deleted text, notes for programs, properties (`rPr`)."""
    return name in _UNSEEN or name.endswith("Pr")


def _with_limits(formula: Element, parts: Sequence[str]) -> str:
    """Return a sum or integral with its limits (22.1.2.70)."""
    sign = attribute(child(formula, "naryPr", "chr"), "val") or "∫"
    below, above, *of = (*parts, "", "")
    return f"{shaped('sSubSup', [sign, below, above])} {''.join(of)}"


def shaped(name: str, parts: Sequence[str]) -> str:
    """Return the texts of the parts of an element, put together on a line.

    An element with more or fewer parts than it may have shows all of them, one behind the other
    (MathML Core, 3.1).
    """
    parts = [part.strip() for part in parts]
    if name == "msqrt":
        return _root("".join(parts), "")
    write = _SHAPES.get((name, len(parts)))
    return write(*parts) if write else _SEPARATORS.get(name, "").join(parts)


def _quotient(above: str, below: str) -> str:
    return f"{_grouped(above)}/{_grouped(below)}"


def _office_root(degree: str, of: str) -> str:
    return _root(of, degree)


def _root(of: str, degree: str) -> str:
    return f"({of})^(1/{_grouped(degree)})" if degree else f"√({of})"


def _with_index(base: str, index: str) -> str:
    return f"{base}_{_grouped(index)}" if index else base


def _with_power(base: str, power: str) -> str:
    """Return a text with a power, in raised figures where there are such."""
    if not power:
        return base
    high = raised(power)
    return base + (high if high != power else f"^{_grouped(power)}")


def _with_both(base: str, index: str, power: str) -> str:
    return _with_power(_with_index(base, index), power)


def _grouped(text: str) -> str:
    """Return a text in brackets, unless it is one word or number."""
    return text if text.isalnum() else f"({text})"


def _fenced(formula: Element, parts: Sequence[str]) -> str:
    """Return parts between the brackets of MathML (3.3.8)."""
    opened, closed = attribute(formula, "open") or _OPEN, attribute(formula, "close") or _CLOSED
    return opened + ", ".join(parts) + closed


def _bracketed(formula: Element, parts: list[str]) -> str:
    """Return parts between brackets of the form that the formula gives (22.1.2.24)."""
    signs = {
        tag(each): attribute(each, "val")
        for each in find_all(child(formula, "dPr"), "begChr", "endChr", "sepChr")
    }
    return signs.get("begChr", _OPEN) + signs.get("sepChr", "|").join(parts) + signs.get("endChr", _CLOSED)


_SHAPES: dict[tuple[str, int], Callable[..., str]] = {
    ("f", 2): _quotient,
    ("mfrac", 2): _quotient,
    ("rad", 2): _office_root,
    ("mroot", 2): _root,
    ("sSub", 2): _with_index,
    ("limLow", 2): _with_index,
    ("msub", 2): _with_index,
    ("munder", 2): _with_index,
    ("sSup", 2): _with_power,
    ("limUpp", 2): _with_power,
    ("msup", 2): _with_power,
    ("mover", 2): _with_power,
    ("sSubSup", 3): _with_both,
    ("msubsup", 3): _with_both,
    ("munderover", 3): _with_both,
}
"""How the parts of an element are written, by its name and their number."""
_SEPARATORS = {"mtable": "; ", "m": "; ", "eqArr": "; ", "mtr": ", ", "mr": ", "}
"""What stands between the rows of a table, its cells, and the lines of a system of equations."""
