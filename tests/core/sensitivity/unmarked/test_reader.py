"""The learned reader: what nobody stamped is raised or asked about, and everyday questions are not."""

import gzip
import json
from functools import cache
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.documents.sandbox.sandbox import Sandbox
from core.language.encoder import Encoder, Layers, model_folder
from core.language.folding import plain_letters
from core.sensitivity.assess import assess, assess_async
from core.sensitivity.level import Level, Part
from core.sensitivity.unmarked import reader
from core.sensitivity.unmarked.features import SIZE, features, word_about
from core.sensitivity.unmarked.reader import Impression, read, stretches_of

ROOT = Path(__file__).parents[4]
STRETCHES = ROOT / "tests" / "data" / "sensitivity" / "unmarked" / "public-1.jsonl.gz"
SENSITIVE = {
    "a conflict": "Sandrine Kerbrat accuse son chef d'unité de la rabaisser devant tous, elle a saisi la "
    "cellule d'écoute. Que dois-je faire ?",
    "a site": "Le grillage du dépôt de carburant est percé côté voie et les rondes s'arrêtent à minuit, "
    "personne ne surveille jusqu'à six heures.",
    "a tender": "Analyse des offres du lot 2, pas encore notifiées : Batimont 78/100, Solvia 71/100, "
    "l'écart de prix est de 12 000 €. Rédige le rapport.",
    "a whistle-blower": "L'agent qui nous a signalé les faux relevés de pollution est Marc Delvaux, il veut "
    "que son chef n'en sache rien.",
}
TABLES = {
    "sizes": "Agent\tTaille\tPointure\tAdresse\nMorel\tXL\t44\t7 rue Pasteur\nNunes\tM\t41\tles Granges",
    "numbers": "tailles pour les gilets\nAubert;98;43;06 10 48 36 75\nDelmas;112;46;06 84 22 90 17\n"
    "Touré;90;41;07 77 15 03 68",
}
FRAMES = {
    "a request": "Corrige ce texte : {} Merci, bonne journée.",
    "an office": "La salle du deuxième est libre jusqu'à midi. {} Le planning est à compléter.",
    "a letter": "Bonjour,\n\nJe reviens vers vous.\n\n{}\n\nJe reste à votre disposition.\n\nCordialement",
    "a quote": "Reçu ce matin :\n> {}\n\nRien ne presse, dis-moi si le ton convient.",
}
SHORT = {
    "a child": "Léa, 9 ans, a été placée en famille d'accueil hier.",
    "an offer": "Solvia est le mieux-disant, mais la commission n'a pas encore attribué le marché.",
}
"""In some frames the words of the whole clear them."""
HARMLESS = {
    "a colleague": "ma collègue est enceinte, comment organiser son remplacement ?",
    "advice": "comment choisir un bon mot de passe ?",
    "a charter": "rédige une charte sur le harcèlement",
    "a formula": "formule excel pour compter les lignes où la date est passée",
    "a translation": "traduis en anglais : la réunion de mardi est reportée à jeudi 14 h",
    "a law": "Résume la loi de finances publiée au Journal officiel pour un lecteur pressé",
}


def impressions(text: str) -> list[Impression]:
    return [impression for _, impression in read([text], [plain_letters(text)])]


@cache
def stretches() -> tuple[str, ...]:
    """Paragraphs of published documents."""
    with gzip.open(STRETCHES, "rt") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    return tuple(piece for text in texts for piece in text.split("\n\n") if len(piece) > 60)


def harmless(size: int) -> list[str]:
    """So many of them that together they have about this size."""
    lengths = accumulate(len(piece) for piece in stretches())
    return [piece for piece, end in zip(stretches(), lengths, strict=True) if end <= size]


@pytest.mark.parametrize("text", SENSITIVE.values(), ids=SENSITIVE)
def test_what_nobody_stamped_is_found_or_asked_about(text: str) -> None:
    """In ordinary words, without a marking or an identifier."""
    found = [e for e in assess(text).evidence if e.why == "learned"]
    assert max(e.level for e in found) >= Level.N2
    assert all(0 < (e.probability or 0) <= 1 for e in found)


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("text", (SHORT | SENSITIVE).values(), ids=(SHORT | SENSITIVE))
def test_harmless_words_around_a_sensitive_text_hide_nothing(text: str, frame: str) -> None:
    """As who asks, writes a letter or quotes puts them there."""
    assert assess(frame.format(text)).level >= Level.N2


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_harmless_words_around_a_question_make_it_no_secret(text: str, frame: str) -> None:
    """Each sentence of a message is looked at, and none is one."""
    assert assess(frame.format(text)).level is Level.N1


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_a_table_of_persons_is_asked_about(text: str) -> None:
    """Though its cells make no name of theirs."""
    assert assess(text).level >= Level.N2


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_everyday_questions_are_answered(text: str) -> None:
    """About nobody in particular, in general, of public things."""
    assert assess(text).level is Level.N1


@pytest.mark.parametrize(
    "link",
    [
        "https://tchap.gouv.fr/#/room/!DSCFNyWAEWQsgdoqDS:localhost:39519/$mUadHErQ3fcq3-AIKr6EhufXjS9_d3XiRbTON37rc-E",
        "https://matrix.to/#/!fvmVdTLYYcgzBNDIlP:localhost:42413/$ANLH3DG9Rt0fFG6OKstjnq1OXSk-MdjSGlqBZ_IEzCc",
    ],
)
def test_a_link_to_a_message_is_no_password(link: str) -> None:
    """Its identifiers look like one."""
    assert not impressions(f"résume depuis {link}")


def test_a_stamp_says_more_than_the_reader() -> None:
    """Who stamped a text knew what it says: nothing is asked about it."""
    text = SENSITIVE["a tender"]
    assert assess(f"TLP:AMBER\n\n{text}").level is Level.N2
    assert not assess([Part(text=text), Part(text="INTERNE", place="header")]).ask


def test_without_an_encoder_words_alone_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine for which there is no build, with bounds of its own."""
    monkeypatch.setattr(reader, "shipped_encoder", lambda: None)
    assert all(
        impression.level >= Level.N2 for text in SENSITIVE.values() for impression in impressions(text)
    )
    assert not [text for text in HARMLESS.values() if impressions(text)]


async def test_the_sandbox_reads_as_well_as_this_process() -> None:
    """A doubtful message is read where its text can do no harm, with the same result."""
    async with Sandbox() as sandbox:
        for text in (*SENSITIVE.values(), *HARMLESS.values()):
            assert await assess_async(text, jail=sandbox) == assess(text)


@pytest.mark.parametrize("kb", [6, 50, 200])
@pytest.mark.parametrize("text", SENSITIVE.values(), ids=SENSITIVE)
def test_a_sensitive_paragraph_of_a_long_document_is_found(text: str, kb: int) -> None:
    """At its beginning, within or at its end; `python -m tests.eval.long_texts` tries hundreds."""
    pages = harmless(1_000 * kb)
    for at in (0, len(pages) // 3, len(pages)):
        long = "\n\n".join([*pages[:at], text, *pages[at:]])
        start = len("\n\n".join([*pages[:at], ""]))
        assert any(start - 2 <= each.start and each.end <= start + len(text) for each in impressions(long))


@pytest.mark.parametrize("kb", [6, 50, 200])
def test_a_public_document_is_asked_about_nowhere(kb: int) -> None:
    """However many paragraphs it has."""
    assert not impressions("\n\n".join(harmless(1_000 * kb)))


def test_boxes_of_a_page_are_one_document() -> None:
    """Many short texts of a slide are judged together; a message and its quote, each for itself."""
    boxes = [plain_letters(text) for text in harmless(2_000)]
    assert len({each.document for each in stretches_of(boxes)}) == 1
    assert not any(each.of_long for each in stretches_of(boxes[:3]))


@given(st.lists(st.sampled_from(["mot", "Long" * 50, ". ", "\n", "\n\n", "\f", " ", "é"]), max_size=120))
def test_passages_cover_a_text(pieces: list[str]) -> None:
    """In order, none over another, no word left out."""
    folded = plain_letters("".join(pieces))
    text = folded.text
    last = 0
    left: list[str] = []
    for each in stretches_of([folded]):
        assert last <= each.start < each.end or not text
        left.append(text[last : each.start])
        last = each.end
    assert not "".join([*left, text[last:]]).strip()


@pytest.mark.parametrize("page", ["README.md", "CODE_OF_CONDUCT.md", "docs/moderateur.md"])
def test_published_pages_are_not_asked_about(page: str) -> None:
    """`python -m tests.eval.public` tries three hundred documents."""
    assert assess(ROOT.joinpath(page).read_text()).level is Level.N1


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        ("marion est en arrêt", "N"),
        ("Mme Kerbrat est en arrêt", "N"),
        ("elle est en arrêt", "P"),
        ("ma collègue est en arrêt", "M"),
        ("un agent est en arrêt", "-"),
    ],
)
def test_features_tell_whom_a_text_is_about(text: str, whom: str) -> None:
    """The same word is another feature where somebody is named, spoken of, ours, or nobody."""
    assert word_about("arret", whom) in features(text)[4]


@settings(deadline=None)
@given(st.text(max_size=300))
def test_features_are_buckets_of_any_text(text: str) -> None:
    """The same each time, within the table, none twice in a group."""
    groups = features(text)
    assert groups == features(text)
    assert all(0 <= bucket < SIZE for group in groups for bucket in group)
    assert all(len(set(group)) == len(group) for group in groups)


def test_a_tensor_that_the_model_does_not_have_is_refused() -> None:
    """A model of another version is not used with what was tuned for this one."""
    folder = model_folder()
    assert folder
    for wrong in ({"l99.q.w": b""}, {"l1.q.b": b"four"}):
        with pytest.raises(OSError, match="no such tensor"):
            Encoder(folder, Layers(count=2, tensors=wrong))
