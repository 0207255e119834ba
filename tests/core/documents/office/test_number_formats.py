"""Numbers of spreadsheets as their cells show them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.documents.office.number_formats import shown

NARROW = "\u202f"


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (1.5, "[h]:mm", "36:00"),
        (75, "00000", "00075"),
        (123456789, "00 00 00 00 00", "01 23 45 67 89"),
        (123456789, '0#" "##" "##" "##" "##', "01 23 45 67 89"),
        (1234.5, '#,##0.00 "€"', f"1{NARROW}234,50 €"),
        (1234.5, r"#,##0.00\ [$€-40C]", f"1{NARROW}234,50 €"),
        (12500, '#,##0," k€"', "13 k€"),
        (3, '0" jours"', "3 jours"),
        (0.0525, "0.00%", "5,25%"),
        (5.25, '0.00" %"', "5,25 %"),
        (-12.3, "#,##0.0;[Red]-#,##0.0", "-12,3"),
        (-3, "0;(0)", "(3)"),
        (0, '#,##0;-#,##0;"néant"', "néant"),
        (1, '"oui";"non"', "oui"),
        (45000.5, "dd/mm/yyyy hh:mm", "15/03/2023 12:00"),
        (45000, "d mmmm yyyy", "15 mars 2023"),
        (45000, "dddd d mmm", "mercredi 15 mars"),
        (0.5208333, 'h"h"mm', "12h30"),
        (0.000694444, "[mm]:ss", "01:00"),
        (1_000_000, '[>=1000000]0.0,," M";0', "1,0 M"),
        (0.333, "# ?/?", "1/3"),
        (1.5, "# ?/?", "1 1/2"),
        (123456, "0.00E+00", "1,23E+05"),
        (0.5, "0.##", "0,5"),
        (7, "@", "7"),
        (12.25, "General", "12,25"),
        (0.000011574, "ss.00", "01,00"),
        (1, "dd/mm/yyyy", "01/01/1900"),
    ],
)
def test_a_cell_says_what_is_seen(value: float, code: str, text: str) -> None:
    """Units, zeros, durations and dates included."""
    assert shown(value, code, french=True) == text


@given(
    st.floats(allow_nan=True, allow_infinity=True), st.text('0#?.,%/E+- []hmsydAMP/"\\_*@;€>=', max_size=20)
)
def test_no_code_raises(value: float, code: str) -> None:
    """Whatever a file holds as a format."""
    assert isinstance(shown(value, code, french=True), str)


@given(st.integers(-(10**12), 10**12))
def test_no_digit_of_a_whole_number_is_lost(number: int) -> None:
    """Separators and zeros come on top."""
    for code in ("0", "#,##0", "00000", "00 00 00", "General"):
        digits = "".join(filter(str.isdigit, shown(number, code, french=True)))
        assert int(digits) == abs(number)
