"""What the terminal itself says; everything else that people read comes from `core.texts`."""

from __future__ import annotations

from typing import Protocol


class Words(Protocol):
    def welcome(self) -> str: ...
    def no_file(self, path: str, why: str) -> str: ...
    def which_file(self) -> str: ...
    def saved(self, path: str) -> str: ...
    def deleted(self) -> str: ...


class French:
    def welcome(self) -> str:
        return (
            "Écrivez votre question. /fichier CHEMIN joint un fichier, "
            "!aide montre les commandes, Ctrl-D quitte."
        )

    def no_file(self, path: str, why: str) -> str:
        return f"Le fichier « {path} » n’est pas lisible : {why}."

    def which_file(self) -> str:
        return "Nommez le fichier : /fichier CHEMIN, et entre guillemets s’il y a une espace dans le chemin."

    def saved(self, path: str) -> str:
        return f"Fichier enregistré : {path}"

    def deleted(self) -> str:
        return "(Ce message a été supprimé.)"


class English:
    def welcome(self) -> str:
        return "Write your question. /file PATH attaches a file, !help shows the commands, Ctrl-D ends."

    def no_file(self, path: str, why: str) -> str:
        return f"The file “{path}” cannot be read: {why}."

    def which_file(self) -> str:
        return "Name the file: /file PATH, between quotes if there is a space in the path."

    def saved(self, path: str) -> str:
        return f"File saved: {path}"

    def deleted(self) -> str:
        return "(This message was deleted.)"


def words(language: str) -> Words:
    return English() if language == "en" else French()
