"""What symbol fonts show: their codes are no letters (« \\uf0fe » of Wingdings is a ticked box)."""

from __future__ import annotations

_GREEK = " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼"
"""Symbol from 0x20 on, as Adobe encodes it."""
_SIGNS = "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑"
"""The same from 0xA0 on."""
_TICKS: dict[str, dict[int, str]] = {
    "wingdings": {
        0x6F: "☐", 0x71: "☐", 0x72: "☐", 0x78: "☒", 0xA8: "☐", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
        0xDF: "←", 0xE0: "→", 0xE8: "→", 0xF0: "⇨", 0xF3: "⇔",
    },
    "wingdings 2": {
        0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x2A: "☐", 0xA3: "☐", 0x30: "☐",
    },
    "webdings": {0x61: "✓", 0x63: "☐", 0x67: "■", 0x72: "✗"},
}  # fmt: skip


def shown(font: str, code: int) -> str:
    """The sign of a code in a font, of 0xF020 to 0xF0FF too; `•` for one that is only drawn, the letter
    itself in a font that is no symbol font."""
    low = code - 0xF000 if 0xF000 <= code <= 0xF0FF else code
    name = font.strip().lower()
    if name == "symbol":
        signs, start = (_SIGNS, 0xA0) if low >= 0xA0 else (_GREEK, 0x20)
        return signs[low - start] if start <= low < start + len(signs) else "•"
    if name in _TICKS or name == "wingdings 3":
        return _TICKS.get(name, {}).get(low, "•")
    return "•" if low != code else chr(code) if code < 0x110000 else ""
