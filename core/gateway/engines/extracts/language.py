"""Words of French and English: which carry meaning, and what forms of one word share."""

from __future__ import annotations

import re
from functools import lru_cache

from core.language.accents import fold

_STOP = """
    à ai aie aient ainsi alors as au aucun aucune aura aurait aussi autre autres aux avaient avait avec
    avez avoir avons ayant car ce ceci cela celle celles celui cependant ces cet cette ceux chaque chez
    comme comment dans de des depuis deux dès doit doivent donc dont du elle elles en encore entre es est
    et étaient était étant été être eu eux fait faire faut fois font furent il ils je jusqu jusque
    la là laquelle le lequel les lesquelles lesquels leur leurs lors lorsqu lorsque lui ma mais me même
    mêmes mes moi moins mon ne ni non nos notre nous on ont or ou où par parce pas pendant peu peut
    peuvent plus plusieurs pour pourquoi pourra pourrait pouvez pouvoir puis puisqu puisque qu quand quant
    que quel quelle quelles quels qui quoi quelque quelques sa sans se sera serait seront ses si soit
    soient son sont sous sur ta te tel telle telles tels tes toi ton tous tout toute toutes très tu un
    une vers vos votre vous combien fais faites faudra dois puis peux veux voudrais souhaite merci svp
    dire dit dis explique expliquer donne donner donnez indique indiquer précise trouver savoir
    about after all also am an and any are at be been being both but by can could did do does each for
    from had has have he her here him his how if in into is it its may me might more most must my no
    nor not of off on only or other our out over own shall she should so some such than that the their
    them then there these they this those through to too under until up us was we were what when where
    which who whom whose why will with would you your please tell say says give find know
"""
_GENERIC = """
    document documents fichier fichiers texte textes page pages note pièce jointe contenu partie passage
    file files text content attachment résumer résumé résume résumez synthèse synthétise synthétiser
    summary summarise summarize tldr récapituler récapitulatif points point clé clés importants important
    importante principaux principal principale principales essentiel essentiels essentielle grandes
    lignes key main overview parle parler parlent propos sujet bref brève court courte phrases phrase
    lignes mots envoyé envoyée lire lis dessus bonjour bonsoir salut hello hi français anglais english
"""
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_ROOT = 5
_THOUSANDS = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")
_SYNONYMS = """
    annuel an année annuellement yearly annual
    mensuel mois mensuellement monthly
    hebdomadaire semaine weekly
    quotidien jour journalier daily
    contenir contient comprendre comprend comprennent composer comporte comporter contain include
    arrêter cesser terminer fin interrompre end stop
    débuter commencer début start begin
    préavis prévenance délai notice
    recours contester contestation saisir appel appeal
    coût prix tarif montant cost price amount
    salaire rémunération traitement salary pay
    interdit interdiction défendu prohibé forbidden prohibited
    obligatoire obligation imposé mandatory compulsory
    autorisé permis autorisation allowed permitted
    chargé responsable pilote charge
    absence congé vacances leave
    réunir réunion séance meeting
    perdre perte lose loss
    voler vol theft stolen
    remplacer abroger annuler replace repeal cancel
    lieu endroit adresse salle place venue
"""
_SUFFIXES = (
    "issement", "atrice", "ateur", "ation", "ition", "ement", "ment", "euse", "eur", "ite", "ive", "if",
    "able", "ible", "ance", "ence", "ante", "ant", "aient", "ait", "eront", "era", "ees", "ee", "er", "ez",
    "ent", "ing", "ed", "ly", "es", "e",
)  # fmt: skip


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """What forms of one word share: plurals, genders and endings of verbs go. The input is folded."""
    if word[0].isdigit() or len(word) < 4:
        return word
    if word.endswith("aux") and len(word) > 5:
        word = word[:-3] + "al"
    elif word[-1] in "sx" and not word.endswith("ss"):
        word = word[:-1]
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            word = word[: -len(suffix)]
            break
    if word[-1] == "s" or word[-1] == word[-2]:
        word = word[:-1]
    return word


_FOLDED_STOP = frozenset(fold(word) for word in _STOP.split())
_GENERIC_STEMS = frozenset(stem(fold(word)) for word in _GENERIC.split())


def terms(text: str) -> list[str]:
    """The stems of the words that carry meaning, in order; numbers whole, however they are grouped."""
    tokens = _TOKEN.findall(fold(_THOUSANDS.sub("", text)))
    return [stem(t) for t in tokens if t not in _FOLDED_STOP and (len(t) > 1 or t.isdigit())]


def query(question: str) -> tuple[str, ...]:
    """The terms that a question looks for, without the words that speak of documents in general."""
    return tuple(term for term in dict.fromkeys(terms(question)) if term not in _GENERIC_STEMS)


_GROUPS = [{stem(fold(word)) for word in line.split()} for line in _SYNONYMS.strip().split("\n")]
_ALIKE = {term: group - {term} for group in _GROUPS for term in group}


def alike(term: str) -> frozenset[str]:
    """Terms that mean much the same in an office."""
    return frozenset(_ALIKE.get(term, ()))


def akin(one: str, other: str) -> bool:
    """Are two terms forms of one word that the stemmer did not bring together (« plafond », « plafonné »)?"""
    shared = max(_ROOT, max(len(one), len(other)) - 2)
    return one != other and one[:shared] == other[:shared] and min(len(one), len(other)) >= shared
