from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Interrupted
from core.gateway.ask import Again, Ask, Done, Material, Piece, Usage, whole
from core.gateway.catalogue import Model
from core.models.output_filter import GivenAddresses, OutputFilter, filtered
from core.sensitivity.level import Level

IBAN = "FR76 3000 6000 0112 3456 7890 189"
NIR = "1 85 05 78 006 084 91"
PASSWORD = "Tr0ub4dor&3"
ASK = Ask(instructions="", question="Quel est le compte ?")
MODEL = Model(id="small", served="small", url="http://127.0.0.1/v1", clearance=Level.N3)


def output(ask: Ask = ASK, level: Level = Level.N1, longest: int | None = None) -> OutputFilter:
    """The filter of an answer."""
    return OutputFilter(ask=ask, given=GivenAddresses(ask.given), level=level, longest=longest)


def through(text: str, ask: Ask = ASK, *, size: int = 7, level: Level = Level.N1) -> tuple[str, OutputFilter]:
    """The text as it is given out when it comes in chunks of some characters."""
    filtering = output(ask, level)
    pieces = [filtering.feed(text[at : at + size]) for at in range(0, len(text), size)]
    return "".join(pieces) + filtering.feed("", last=True), filtering


LINE = "Le dossier est complet, et rien ne s’oppose à son envoi avant la fin de la semaine prochaine. "


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("before", ["", LINE, LINE * 5])
@pytest.mark.parametrize(
    ("text", "secret", "kind"),
    [
        (f"L’IBAN est {IBAN}, à vérifier.", IBAN, "iban"),
        (f"Son numéro de sécurité sociale est {NIR}.", NIR, "nir"),
        (f"Le mot de passe est {PASSWORD} pour le serveur.", PASSWORD, "credential"),
        ("Son numéro personnel : 06 12 34 57 79, le soir.", "06 12 34 57 79", "phone"),
        ("Le passeport 12AB34567 expire le 3 mai 2031.", "12AB34567", "passport"),
        ("Sa carte d’identité X4RTBPFW4 date du 12/05/2024.", "X4RTBPFW4", "cni"),
    ],
)
def test_what_nobody_gave_is_left_out(size: int, before: str, text: str, secret: str, kind: str) -> None:
    """Identifiers and passwords that stand in nothing given are left out, however the stream is cut."""
    shown, guard = through(f"{before}{text}\nFin.", size=size)
    assert secret not in shown
    assert "retiré" in shown
    assert shown.endswith("\nFin.")
    assert guard.found == [kind]


@pytest.mark.parametrize(
    "ask",
    [
        Ask(instructions="", question=f"Vérifie {IBAN}"),
        Ask(instructions="", question="?", history=((IBAN, "Oui."),)),
        Ask(
            instructions="",
            question="?",
            materials=(Material(name="rib", text=IBAN.replace(" ", "")),),
        ),
    ],
)
def test_what_was_given_stays(ask: Ask) -> None:
    """An identifier of the question, the history or a document is the person's own, however it is spaced."""
    text = f"L’IBAN est {IBAN}."
    shown, guard = through(text, ask)
    assert shown == text
    assert not guard.found


DASHES = "-" * 5
KEY_LINES = ("MIIEowIBAAKCAQEAvR8kq0x7Q2mS9fT1zZr4c7dJw3yPq8nXvLhGk2BtUeYsWd5o", "Zr4c7dJw3yPq8nXvLhGk2Q==")


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("join", ["\n", "\r\n", " ", ""])
def test_a_private_key_is_left_out_line_by_line(size: int, join: str) -> None:
    """However its lines are laid out; what comes after it stays, and a key that was given stays whole."""
    key = join.join(
        (f"{DASHES}BEGIN RSA PRIVATE KEY{DASHES}", *KEY_LINES, f"{DASHES}END RSA PRIVATE KEY{DASHES}")
    )
    shown, guard = through(f"Voici :\n```\n{key}\n```\nUnMotDePlusDeSeizeLettres.", size=size)
    assert not [line for line in KEY_LINES if line.rstrip("=") in shown]
    assert shown.endswith("UnMotDePlusDeSeizeLettres.")
    assert set(guard.found) == {"credential"}
    given = Ask(instructions="", question="?", materials=(Material(name="cle.pem", text=key),))
    assert through(key, given, size=size)[0] == key.replace("\r", "")


def test_a_long_line_of_spaces_after_a_key_is_read_at_once() -> None:
    """Whether a line goes on a key takes as long as the line; its square would be minutes."""
    begin = f"{DASHES}BEGIN PRIVATE KEY{DASHES}"
    text = f"{begin}\n{' ' * 200_000}é\nUnMotDePlusDeSeizeLettres."
    assert through(text, size=len(text))[0] == text


def test_a_private_key_in_a_quotation_is_left_out() -> None:
    """Each line of it begins with the sign of a quotation."""
    key = (f"{DASHES}BEGIN PRIVATE KEY{DASHES}", *KEY_LINES, f"{DASHES}END PRIVATE KEY{DASHES}")
    shown, _ = through("".join(f"> {line}\n" for line in key))
    assert not [line for line in KEY_LINES if line.rstrip("=") in shown]


def test_a_token_without_letters_beside_figures_is_left_out() -> None:
    """As Slack’s, whose parts stand between hyphens."""
    token = "xoxb-" + "2583712341-9283746152-AbCdEfGhIjKlMnOpQrStUvWx"
    assert through(f"Le jeton : {token}")[0] == "Le jeton : [mot de passe retiré]"


def test_marking_above_the_level_is_left_out() -> None:
    """A marking that no material bears is taken off; one that was asked about, or is no higher, stays."""
    text = "SECRET DÉFENSE\n\nLe texte."
    assert through(text)[0] == "[mention de protection retirée]\n\nLe texte."
    assert through(text, Ask(instructions="", question="Que veut dire secret défense ?"))[0] == text
    assert through("TLP:GREEN\n\nLe texte.", level=Level.N2)[0] == "TLP:GREEN\n\nLe texte."


def test_public_contacts_stay() -> None:
    """A public number or address that the model knows is useful, and nobody's secret."""
    text = "Appelez la CNIL au 01 53 73 22 22, ou écrivez à contact@service-public.fr."
    assert through(text)[0].replace("[.]", ".") == text  # no link, and not left out


@given(st.text(alphabet="ab \n.,é*#-", max_size=400), st.integers(1, 50))
def test_other_text_is_given_out_as_it_is(text: str, size: int) -> None:
    """Where nothing is left out, nothing is changed, lost or doubled."""
    assert through(text, size=size)[0] == text


def test_long_lines_are_shown_while_they_grow() -> None:
    """A paragraph does not wait for its end."""
    filtering = output()
    shown = "".join(filtering.feed(LINE) for _ in range(3))
    assert len(shown) > len(LINE)


async def stream(*pieces: Piece, error: Exception | None = None) -> AsyncGenerator[Piece]:
    for piece in pieces:
        yield piece
    if error is not None:
        raise error


async def test_too_long_an_answer_is_cut() -> None:
    """Beyond the policy's length the answer ends as cut, and no more is read of the model."""
    filtering = output(longest=10)
    pieces = stream(*["mot\n"] * 5, error=AssertionError("it was read on"))
    text, done = await whole(filtered(pieces, filtering, MODEL))
    assert text == "mot\nmot\nmo"
    assert done.finish == "length"
    assert done.usage.estimated


async def test_asked_again_the_answer_begins_anew() -> None:
    """What came of a broken stream is void, its length too."""
    filtering = output(longest=10)
    done = Done(model=MODEL, served="small", finish="stop", usage=Usage())
    pieces = stream("perdu, ou ", Again(model=MODEL), "dit\n", done)
    text, _ = await whole(filtered(pieces, filtering, MODEL))
    assert text == "dit\n"


async def test_what_came_before_a_break_is_guarded() -> None:
    """The partial text of a broken stream is assessed like any other."""
    broken = Interrupted("broken", text=f"L’IBAN est {IBAN}")
    filtering = output()
    with pytest.raises(Interrupted) as raised:
        await whole(filtered(stream(error=broken), filtering, MODEL))
    assert IBAN not in raised.value.text
