"""What people are told about a file that could not be read, or not wholly. French, with English beside it."""

from __future__ import annotations

from core.documents.document import Caution, Document, PlaceKind

_REASONS = {
    "encrypted": (
        "Ce fichier est protégé par un mot de passe. Enregistrez-le sans mot de passe, puis renvoyez-le.",
        "This file is protected by a password. Save it without one and send it again.",
    ),
    "damaged": (
        "Ce fichier est abîmé : je n’arrive pas à l’ouvrir. Enregistrez-le de nouveau, puis renvoyez-le.",
        "This file is damaged and cannot be opened. Save it again and send it again.",
    ),
    "unknown_format": (
        "Je ne sais pas lire ce format de fichier. Je lis les formats PDF, Word, Excel, PowerPoint, "
        "LibreOffice, RTF, HTML, texte, CSV, courriel et ZIP.",
        "I cannot read this file format. I read PDF, Word, Excel, PowerPoint, LibreOffice, RTF, HTML, text, "
        "CSV, mail and ZIP files.",
    ),
    "legacy_office": (
        "Ce fichier est dans un format de Microsoft Office d’avant 1997. Enregistrez-le en .docx, .xlsx ou "
        ".pptx, puis renvoyez-le.",
        "This file is in a Microsoft Office format from before 1997. Save it as .docx, .xlsx or .pptx and "
        "send it again.",
    ),
    "empty": ("Ce fichier est vide.", "This file is empty."),
    "scan": (
        "Ce fichier est une image ou un document numérisé sans texte : il faut une reconnaissance de "
        "caractères.",
        "This file is an image or a scan without text: character recognition is needed.",
    ),
    "ocr_missing": (
        "Ce fichier est une image ou un document numérisé sans texte, et la reconnaissance de caractères "
        "n’est pas installée ici.",
        "This file is an image or a scan without text, and character recognition is not installed here.",
    ),
    "ocr_empty": (
        "La reconnaissance de caractères n’a trouvé aucun texte dans cette image.",
        "Character recognition found no text in this image.",
    ),
    "too_big": ("Ce fichier est trop gros.", "This file is too big."),
    "expands": (
        "Ce fichier compressé contient beaucoup trop de données : je ne l’ouvre pas.",
        "This compressed file unpacks to far too much data: I do not open it.",
    ),
    "nested": (
        "Ce fichier contient trop de niveaux imbriqués : je ne l’ouvre pas.",
        "This file has too many levels within each other: I do not open it.",
    ),
    "time": (
        "La lecture de ce fichier a pris trop de temps : je l’ai arrêtée.",
        "Reading this file took too long: I stopped.",
    ),
    "memory": (
        "La lecture de ce fichier demande trop de mémoire : je l’ai arrêtée.",
        "Reading this file takes too much memory: I stopped.",
    ),
    "output": ("Ce fichier contient trop de texte.", "This file holds too much text."),
    "sandbox": (
        "Ce service ne peut pas lire de fichiers pour l’instant : la protection exigée n’est pas en place.",
        "This service cannot read files for now: the protection that is required is not in place.",
    ),
}

_CAUTIONS = {
    "pages_left_out": ("Seules les {} premières pages ont été lues.", "Only the first {} pages were read."),
    "text_left_out": (
        "Le texte est très long : seul le début a été lu.",
        "The text is very long: only its beginning was read.",
    ),
    "rows_left_out": (
        "Seules les {} premières lignes de tableau ont été lues.",
        "Only the first {} rows of a table were read.",
    ),
    "parts_left_out": (
        "Seuls les {} premiers fichiers contenus ont été lus.",
        "Only the first {} files inside were read.",
    ),
    "nested_left_out": (
        "Des éléments trop imbriqués n’ont pas été lus.",
        "Elements nested too deeply were not read.",
    ),
    "part_unread": ("Fichier contenu non lu : {}.", "A file inside was not read: {}."),
    "scanned_pages": (
        "Pages sans texte (numérisées), non lues : {}.",
        "Pages without text (scanned), not read: {}.",
    ),
    "ocr_used": (
        "Texte obtenu par reconnaissance de caractères : des erreurs sont possibles.",
        "Text obtained by character recognition: there may be errors.",
    ),
    "damaged_part": ("Une partie du fichier est abîmée : {}.", "A part of the file is damaged: {}."),
    "hidden_text": ("Le fichier contient du texte caché.", "The file holds hidden text."),
    "encoding_guessed": (
        "Le codage des caractères a été deviné.",
        "The encoding of the characters was guessed.",
    ),
    "tracked_changes": (
        "Le document contient des modifications suivies : elles sont lues comme acceptées.",
        "The document has tracked changes: they are read as accepted.",
    ),
    "pictures_left_out": (
        "Les images n’ont pas été lues.",
        "The pictures were not read.",
    ),
    "pictures_unread": (
        "Des images qui peuvent porter du texte n’ont pas été lues ({}).",
        "Pictures that may bear text were not read ({}).",
    ),
    "hidden_cells": (
        "Des lignes, colonnes ou feuilles masquées ont été lues comme les autres : {}.",
        "Hidden rows, columns or sheets were read like the others: {}.",
    ),
    "formulas": (
        "Des formules sans valeur enregistrée n’ont pas été calculées.",
        "Formulas without a stored value were not calculated.",
    ),
}


_ENCRYPTED_MAIL = (
    "Ce courriel est chiffré (S/MIME ou PGP) et je n’ai pas la clé pour le lire. Renvoyez-le en clair.",
    "This mail is encrypted (S/MIME or PGP) and I have no key to read it. Send it again without encryption.",
)


def reason(document: Document, *, language: str = "fr") -> str:
    """Why the document could not be read, in one or two sentences; empty when it could."""
    if document.reason == "encrypted" and document.type == "eml":
        return _ENCRYPTED_MAIL[language == "en"]
    return _REASONS[document.reason][language == "en"] if document.reason else ""


def caution(warning: Caution, *, language: str = "fr") -> str:
    """One sentence about what its reader must know."""
    return _CAUTIONS[warning.code][language == "en"].format(warning.about)


_PACE = 1.2
"""Seconds that the recognition of a page takes."""
_LONG = 20.0
"""Seconds of recognition from which it is told before."""


def recognising(done: int, pages: int, *, language: str = "fr") -> str:
    """How many pages are still to be recognised, and how long that takes; empty where it is soon done."""
    left = (pages - done) * _PACE
    if left < _LONG:
        return ""
    time = f"{round(left / 60)}\u00a0min" if left >= 90 else f"{round(left, -1):.0f}\u00a0s"
    if language == "en":
        return f"{pages - done} pages to recognise, about {time}"
    return f"{pages - done} pages à reconnaître, environ {time}"


_PLACES: dict[PlaceKind, tuple[str, str]] = {
    "header": ("en-tête", "header"),
    "footer": ("pied de page", "footer"),
    "textbox": ("zone de texte", "text box"),
    "watermark": ("filigrane", "watermark"),
    "note": ("note", "note"),
    "comment": ("commentaire", "comment"),
    "master": ("masque", "master"),
    "hidden": ("texte caché", "hidden text"),
    "subject": ("objet", "subject"),
    "alternative": ("texte de remplacement", "alternative text"),
    "picture": ("texte d’une image", "text of a picture"),
    "outline": ("plan", "outline"),
    "field": ("champ", "field"),
    "head": ("en-têtes du message", "headers of the mail"),
    "other": ("autre", "other"),
}


def place_name(kind: PlaceKind, *, language: str = "fr") -> str:
    """What a place round the text is called."""
    return _PLACES[kind][language == "en"]
