"""Frames: the ways in which people paste a text, made by composition. A text keeps its level in each of them.

A frame is a greeting, an instruction, a wrapper, a closing and a manner of writing. `frames(count)` composes
as many as are asked, every wrapper and manner at least once. Those for lessons and those for the judgement
share no greeting, instruction or closing.

    python -m tests.eval.frames            what is missed and what is raised in each frame
"""

from __future__ import annotations

import argparse
import html
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from html.entities import codepoint2name
from itertools import islice
from random import Random

from core.sensitivity.assess import assess
from core.sensitivity.level import Level
from tests.bench.sensitivity import labelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """Greetings, instructions and closings: those that are learned from, or those that are kept."""

    greetings: tuple[str, ...]
    instructions: tuple[str, ...]
    questions: tuple[str, ...]
    closings: tuple[str, ...]


LEARNED = Phrases(
    greetings=(
        "",
        "",
        "Bonjour,\n\n",
        "Salut, ",
        "Bonjour à toutes et tous,\n",
        "Hello, ",
        "coucou\n",
        "Hi team,\n\n",
    ),
    instructions=(
        "corrige les fautes",
        "peux-tu résumer ce texte",
        "résume en trois points",
        "traduis en anglais ce qui suit",
        "voici la note",
        "reformule plus simplement",
        "Summarise this",
        "regarde ce qu'on m'a envoyé",
        "please proofread the text below",
        "fais-moi une synthèse de ce mail",
        "relis et améliore le style",
    ),
    questions=(
        "Qu'en penses-tu ?",
        "Tu peux le raccourcir ?",
        "C'est clair ?",
        "Can you shorten it?",
        "Que répondre ?",
        "Quels sont les points importants ?",
        "",
    ),
    closings=("", "", "\n\nMerci d'avance !", "\nCdt", "\n\nBonne journée,\nAlice", " merci", "\n\nThanks"),
)
KEPT = Phrases(
    greetings=("", "Bonsoir,\n\n", "Bonjour Madame, ", "hey ", "Re-bonjour\n", "Dear colleague,\n\n"),
    instructions=(
        "est-ce que tu pourrais me remettre ça au propre",
        "dis-moi l'essentiel de ce document",
        "enlève les répétitions",
        "j'ai reçu ceci ce matin",
        "en français courant stp",
        "rewrite this in plain language",
        "Pour info",
        "transforme en liste à puces",
        "il me faut une version courte de ça",
        "give me the key points of this",
    ),
    questions=(
        "Qui doit faire quoi ?",
        "Le ton est-il bon ?",
        "Peux-tu en tirer un ordre du jour ?",
        "Is anything missing?",
        "",
    ),
    closings=(
        "",
        "\n\nBien à vous",
        " Merci beaucoup",
        "\n\nCordialement,\nP. Martin\nBureau des achats",
        "\n\nBest regards",
    ),
)

Wrapper = Callable[[str, str, str], str]
"""Instruction, text and question → what stands between the greeting and the closing."""


def _prefixed(text: str, prefix: str) -> str:
    return "\n".join(prefix + line for line in text.replace("\r", "").split("\n"))


WRAPPERS: Mapping[str, Wrapper] = {
    "after a colon": lambda i, t, q: f"{i} : {t}\n{q}".strip(),
    "below a colon": lambda i, t, q: f"{i} :\n\n{t}\n\n{q}".strip(),
    "below a request": lambda i, t, q: f"{i}\n\n{t}\n\n{q}".strip(),
    "above the question": lambda i, t, q: f"{t}\n\n{q} {i}".strip(),
    "guillemets": lambda i, t, q: f"{i} « {t} » {q}",
    "guillemets and colon": lambda i, t, q: f"{i} : « {t} ». {q}",
    "straight quotes": lambda i, t, q: f'{i} "{t}" {q}',
    "curly quotes": lambda i, t, q: f"{i}: “{t}” {q}",
    "quotes of quotes": lambda i, t, q: f"{i} : « Il m'écrit : “{t}” » {q}",
    "code fence": lambda i, t, q: f"{i}\n```\n{t}\n```\n{q}",
    "code fence with language": lambda i, t, q: f"{i} :\n```text\n{t}\n```\n{q}",
    "tilde fence": lambda i, t, q: f"{i}\n~~~\n{t}\n~~~\n{q}",
    "block quote": lambda i, t, q: f"{i}\n\n{_prefixed(t, '> ')}\n\n{q}",
    "twice quoted": lambda i, t, q: f"{i}\n\n> Paul a écrit :\n{_prefixed(t, '>> ')}\n\n{q}",
    "Outlook forward": lambda i, t, q: (
        f"{i}\n{q}\n\n________________________________\nDe : Paul Martin <p.martin@example.org>\n"
        f"Envoyé : lundi 3 mars 2026 09:12\nÀ : Alice Durand\nObjet : TR: dossier\n\n{t}"
    ),
    "Outlook forward, English": lambda i, t, q: (
        f"{i}\n\nFrom: Paul Martin\nSent: Monday, 3 March 2026 09:12\n"
        f"To: Alice Durand\nSubject: FW: file\n\n{t}"
    ),
    "Thunderbird forward": lambda i, t, q: (
        f"{i} {q}\n\n-------- Message transféré --------\nSujet : dossier\n"
        f"Date : Mon, 3 Mar 2026 09:12:00 +0100\n"
        f"De : Paul Martin <p.martin@example.org>\nPour : alice@example.org\n\n{t}"
    ),
    "Apple forward": lambda i, t, q: (
        f"{i}\n\nDébut du message transféré :\n\nDe: Paul Martin <p.martin@example.org>\nObjet: dossier\n"
        f"Date: 3 mars 2026 à 09:12:00 UTC+1\nÀ: Alice <alice@example.org>\n\n{t}"
    ),
    "Gmail forward": lambda i, t, q: (
        f"{i}\n\n---------- Forwarded message ---------\nFrom: Paul Martin <p.martin@example.org>\n"
        f"Date: Mon, Mar 3, 2026 at 9:12 AM\nSubject: file\nTo: <alice@example.org>\n\n{t}"
    ),
    "Gmail reply": lambda i, t, q: (
        f"{i}\n\nLe lun. 3 mars 2026 à 09:12, Paul Martin <p.martin@example.org> a écrit :\n\n"
        f"{_prefixed(t, '> ')}"
    ),
    "bullet": lambda i, t, q: f"{i} :\n- {t}\n- {q or 'à suivre'}",
    "bullets": lambda i, t, q: f"{i} :\n\n{_prefixed(t, '• ')}\n\n{q}",
    "numbers": lambda i, t, q: f"1. {i}\n2. {t}\n3. {q or 'fin'}",
    "cell": lambda i, t, q: f"| demande | texte |\n|---|---|\n| {i} | {' '.join(t.split())} |\n\n{q}",
    "cell of lines": lambda i, t, q: f"{i}\n\n{_prefixed(t, '| ')}\n\n{q}",
    "bold": lambda i, t, q: f"{i} **{t}** {q}",
    "brackets": lambda i, t, q: f"{i} ({t}) {q}",
    "indented": lambda i, t, q: f"{i}\n\n{_prefixed(t, '    ')}\n\n{q}",
    "between rules": lambda i, t, q: f"{i}\n-----\n{t}\n-----\n{q}",
    "dash": lambda i, t, q: f"{i} - {t} {q}",
    "arrow": lambda i, t, q: f"{i} -> {t}\n{q}",
    "three levels of quotation": lambda i, t, q: f"{i}\n\n> Bonjour,\n>\n{_prefixed(t, '> > > ')}\n\n{q}",
    "JSON": lambda i, t, q: f"{i} {json.dumps({'role': 'user', 'content': t}, ensure_ascii=False)} {q}",
    "JSON in ASCII": lambda i, t, q: f"{i} :\n{json.dumps([{'id': 4, 'text': t}])}\n{q}",
    "field of CSV": lambda i, t, q: 'id;demande;texte\n1;{};"{}"\n'.format(i, t.replace('"', '""')),
    "cell behind a tab": lambda i, t, q: f"demande\ttexte\n{i}\t{' '.join(t.split())}\n{q}",
    "Slack quotation": lambda i, t, q: f"<@U0123ABC> {i} :point_down:\n>>> {t}",
    "German quotes": lambda i, t, q: f"{i} „{t}“ {q}",
    "between two requests": lambda i, t, q: f"{i} : {t} — {q} Ensuite, {i}",
    "two questions after": lambda i, t, q: f"« {t} » {q} Et faut-il le redire ?",
    "request after": lambda i, t, q: f"{t}\n=> {i}",
    "signature below": lambda i, t, q: f"{i}\n\n{t}\n\n{q}\n\n-- \nPaul Martin\nBureau des achats",
}


def _unaccented(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _named_entities(text: str) -> str:
    """The text with the names that HTML gives to letters that are not ASCII."""
    return "".join(f"&{codepoint2name[ord(c)]};" if ord(c) in codepoint2name and c > "~" else c for c in text)


Writing = Callable[[str], str]
WRITINGS: Mapping[str, Writing] = {
    "as it is": str,
    "small letters": str.lower,
    "no accents": _unaccented,
    "small, no accents": lambda t: _unaccented(t).lower(),
    "one line": lambda t: re.sub(r"\s*[\n\f\r]\s*", " ", t).strip(),
    "Windows lines": lambda t: re.sub(r"\r?\n", "\r\n", t),
    "double lines": lambda t: re.sub(r"\r?\n", "\n\n", t),
    "no empty lines": lambda t: re.sub(r"\n\s*\n", "\n", t),
    "wide spaces": lambda t: t.replace(" ", "  "),
    "no-break spaces": lambda t: t.replace(" ", "\u00a0"),
    "gaps of three": lambda t: t.replace(" ", "   "),
    "capitals": str.upper,
    "HTML entities": lambda t: _named_entities(html.escape(t)).replace(" ", "&nbsp;"),
    "soft hyphens": lambda t: re.sub(r"(\w{4})(?=\w{3})", "\\1\u00ad", t),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One way to paste a text."""

    greeting: str
    instruction: str
    wrapper: str
    question: str
    closing: str
    writing: str

    def __call__(self, text: str) -> str:
        written = WRITINGS[self.writing](text)
        return self.greeting + WRAPPERS[self.wrapper](self.instruction, written, self.question) + self.closing

    @property
    def name(self) -> str:
        return f"{self.wrapper}, {self.writing}"


def frames(count: int, phrases: Phrases = KEPT, seed: int = 1) -> list[Frame]:
    """Compose so many frames: wrappers come in turn as the text is, and then in each manner of writing."""
    random = Random(seed)
    return [
        Frame(
            greeting=random.choice(phrases.greetings),
            instruction=random.choice(phrases.instructions),
            question=random.choice(phrases.questions),
            closing=random.choice(phrases.closings),
            wrapper=list(WRAPPERS)[n % len(WRAPPERS)],
            writing="as it is" if n < len(WRAPPERS) else random.choice(list(WRITINGS)),
        )
        for n in range(count)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A text with the level that it has alone; `sensitive`: somebody labelled it so."""

    text: str
    alone: Level
    sensitive: bool


def cases(step: int, *names: str) -> list[Case]:
    """Every `step`-th labelled text of these files, or of all."""
    found: list[Case] = []
    for each in islice(labelled(*names), 0, None, step):
        alone = assess(each["text"]).level
        sensitive = min(map(Level.parse, each["levels"])) >= Level.N2
        found.append(Case(text=each["text"], alone=alone, sensitive=sensitive))
    return found


def judged(frame: Frame, given: Sequence[Case]) -> Counter[str]:
    """What becomes of the texts in one frame: missed, raised by more than one question, and how many."""
    counts: Counter[str] = Counter()
    empty = assess(frame("Voici.")).level
    for case in given:
        level = assess(frame(case.text)).level
        if case.sensitive and case.alone >= Level.N2:
            counts["sensitive"] += 1
            counts["missed"] += level < case.alone
        elif not case.sensitive and case.alone <= Level.N1:
            counts["ordinary"] += 1
            counts["raised"] += level >= Level.N2 and empty <= Level.N1
    return counts


def table(frames_: Sequence[Frame], given: Sequence[Case]) -> Iterator[tuple[Frame, Counter[str]]]:
    """Judge all frames, on all cores."""
    with ProcessPoolExecutor() as pool:
        yield from zip(frames_, pool.map(judged, frames_, [given] * len(frames_)), strict=True)


def share(counts: Counter[str], part: str, whole: str) -> str:
    return f"{100 * counts[part] / max(counts[whole], 1):.1f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description="does a text keep its level in frames?")
    parser.add_argument("--count", type=int, default=3 * len(WRAPPERS), help="how many frames")
    parser.add_argument("--step", type=int, default=1, help="every so many labelled texts")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    total: Counter[str] = Counter()
    for frame, counts in table(frames(given.count, seed=given.seed), cases(given.step)):
        total += counts
        print(row(frame.name, counts))
    print(row("all", total))


def row(name: str, counts: Counter[str]) -> str:
    missed, raised = share(counts, "missed", "sensitive"), share(counts, "raised", "ordinary")
    return f"{name:46} missed {missed:>7} raised {raised:>7}"


if __name__ == "__main__":
    main()
