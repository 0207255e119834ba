"""The checks of `relais doctor` that concern documents: the jail of readers, and recognition within it."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from bots.cli.doctor_checks import Check
from core.config.settings import Settings
from core.documents.ocr.recognition import Ocr
from core.documents.sandbox.jail import STRENGTHS
from core.documents.sandbox.sandbox import Sandbox
from core.errors import ConfigurationError, SandboxError
from core.policy.file import load_policy

SANDBOX, OCR = "Bac à sable des documents", "Reconnaissance de caractères"
_WORD = "bureau"


async def sandbox(settings: Settings) -> Sequence[Check]:
    """How well are the readers of documents locked in on this machine, and is it what the policy demands?"""
    try:
        minimum = load_policy(settings).sandbox
    except ConfigurationError:
        minimum = STRENGTHS[-1]  # `policy` says what is wrong
    try:
        async with Sandbox(minimum=minimum) as box:
            strength = await box.start()
            enough, minimum = box.enough, box.demanded
            recognised = await _recognised(box) if enough else []
    except SandboxError as error:
        return [Check(name=SANDBOX, ok=False, detail=f"ne démarre pas : {error}")]
    remedy = "" if strength == "full" else "Il faut un noyau avec Landlock, et le paquet libseccomp2"
    detail = f"niveau {strength}" if enough else f"niveau {strength}, la politique exige {minimum}"
    level = Check(name=SANDBOX, ok=enough and strength != "rlimits", detail=detail, remedy=remedy)
    return [level, *recognised]


async def _recognised(box: Sandbox) -> list[Check]:
    """Read a word that stands in a picture, where scans are read: Tesseract in the jail."""
    ocr = Ocr(box)
    languages = await ocr.languages()
    if "fra" not in languages.split("+"):
        said = f"ne connaît que {languages}" if languages else "absente\u00a0: les scans ne sont pas lus"
        remedy = "Installez tesseract-ocr et tesseract-ocr-fra"
        return [Check(name=OCR, ok=False, detail=said, remedy=remedy)]
    document = await ocr.read(_picture(_WORD), name="essai.png")
    text = " ".join(section.text for section in document.sections)
    if _WORD in text.lower():
        return [Check(name=OCR, ok=True, detail=f"lit un mot dans le bac à sable ({languages})")]
    remedy = "Le bac à sable la retient\u00a0: voyez docs/documents.md, et le profil seccomp du conteneur"
    return [Check(name=OCR, ok=False, detail="Tesseract est là, mais ne lit rien", remedy=remedy)]


def _picture(word: str) -> bytes:
    """A picture in which a word stands."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("L", (1240, 500), 255)
    font = ImageFont.load_default(size=48)
    for line in range(4):
        ImageDraw.Draw(picture).text((80, 60 + 90 * line), f"Le {word} lit cette page", 0, font)
    data = BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()
