"""What is said of a text that was examined, in French and English."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from core.language.months import ENGLISH_MONTHS, FRENCH_MONTHS
from core.provenance.record import AnswerRecord
from core.provenance.verifying import Proof

_EPOCH = date(1970, 1, 1)


class ProofWords(Protocol):
    """One language. Plain text."""

    def verdict(self, proof: Proof) -> str:
        """One sentence: is it ours?"""
        ...

    def details(self, proof: Proof, *, days: int) -> list[str]:
        """What that rests on, and what it does not say; `days`: how long the register keeps an answer."""
        ...

    def no_file(self) -> str: ...

    def too_large(self, megabytes: int) -> str: ...

    def unread(self) -> str:
        """A file could not be read; what hinders stands below."""
        ...


class FrenchProof:
    def verdict(self, proof: Proof) -> str:
        match proof:
            case Proof(ours=False):
                return "Ce texte n’est pas reconnu comme une réponse de relais."
            case Proof(whole=True):
                return "Ce texte est une réponse de relais, entière."
            case _:
                return "Ce texte vient d’une réponse de relais, abrégée ou modifiée."

    def details(self, proof: Proof, *, days: int) -> list[str]:
        said: list[str] = []
        record, found = proof.record, proof.found
        if isinstance(record, AnswerRecord) and proof.covers:
            said.append(
                f"Signée le {_french(datetime.fromtimestamp(record.at, UTC).date())}, niveau {record.level}."
            )
            said.append(self._written(generated=record.generated, models=record.models))
        elif isinstance(record, AnswerRecord):
            said.append("La signature jointe est la nôtre, mais elle porte sur un autre texte.")
        elif record == "broken":
            said.append("La signature jointe n’est pas valable.")
        elif record == "unknown_key":
            said.append("La signature jointe est celle d’une autre installation de relais.")
        if found is not None:
            said.append(f"Reconnue par le registre du {_french(_EPOCH + timedelta(days=found.day))}.")
            if not found.whole:
                said.append(
                    f"Part de cette réponse que l’on y retrouve\u00a0: {found.share * 100:.0f}\u202f%."
                )
            said.append(self._written(generated=found.generated, models=()))
        if not proof.ours:
            said.append(
                f"Le registre remonte à {days}\u00a0jours et ne reconnaît ni les textes de moins de douze "
                "mots, ni ceux qui ont été récrits\u00a0: rien ne prouve par là qu’une personne l’a écrit."
            )
        return said

    def no_file(self) -> str:
        return "Aucun fichier n’a été reçu\u00a0: choisissez-en un, puis «\u00a0Vérifier le fichier\u00a0»."

    def too_large(self, megabytes: int) -> str:
        return f"Ce fichier est trop gros\u00a0: {megabytes}\u00a0Mo au plus. Collez plutôt son texte."

    def unread(self) -> str:
        return "Ce fichier n’a pas pu être lu."

    def _written(self, *, generated: bool, models: tuple[str, ...]) -> str:
        if not generated:
            return "Aucun modèle ne l’a écrite\u00a0: ce sont des extraits ou des mots de relais."
        named = f" ({', '.join(models)})" if models else ""
        return f"Écrite par une intelligence artificielle{named}."


class EnglishProof:
    def verdict(self, proof: Proof) -> str:
        match proof:
            case Proof(ours=False):
                return "This text is not recognised as an answer of relais."
            case Proof(whole=True):
                return "This text is an answer of relais, whole."
            case _:
                return "This text comes from an answer of relais, shortened or changed."

    def details(self, proof: Proof, *, days: int) -> list[str]:
        said: list[str] = []
        record, found = proof.record, proof.found
        if isinstance(record, AnswerRecord) and proof.covers:
            said.append(
                f"Signed on {_english(datetime.fromtimestamp(record.at, UTC).date())}, level {record.level}."
            )
            said.append(self._written(generated=record.generated, models=record.models))
        elif isinstance(record, AnswerRecord):
            said.append("The signature that came with it is ours, but of another text.")
        elif record == "broken":
            said.append("The signature that came with it is not valid.")
        elif record == "unknown_key":
            said.append("The signature that came with it is that of another installation of relais.")
        if found is not None:
            said.append(f"Recognised by the register of {_english(_EPOCH + timedelta(days=found.day))}.")
            if not found.whole:
                said.append(f"Share of that answer that is found in it: {found.share * 100:.0f}%.")
            said.append(self._written(generated=found.generated, models=()))
        if not proof.ours:
            said.append(
                f"The register goes back {days} days and recognises neither texts of fewer than twelve words "
                "nor those that were written anew: this is no proof that a person wrote the text."
            )
        return said

    def no_file(self) -> str:
        return "No file was received: choose one, then “Verify the file”."

    def too_large(self, megabytes: int) -> str:
        return f"This file is too large: {megabytes} MB at most. Paste its text instead."

    def unread(self) -> str:
        return "This file could not be read."

    def _written(self, *, generated: bool, models: tuple[str, ...]) -> str:
        if not generated:
            return "No model wrote it: it is extracts, or words of relais."
        named = f" ({', '.join(models)})" if models else ""
        return f"Written by an artificial intelligence{named}."


def proof_words(language: str) -> ProofWords:
    return EnglishProof() if language == "en" else FrenchProof()


def _french(day: date) -> str:
    first = "1er" if day.day == 1 else str(day.day)
    return f"{first} {FRENCH_MONTHS[day.month - 1]} {day.year}"


def _english(day: date) -> str:
    return f"{day.day} {ENGLISH_MONTHS[day.month - 1]} {day.year}"
