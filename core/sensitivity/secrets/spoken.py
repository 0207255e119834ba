"""Credentials as people write them: « le mdp c'est … », `pwd: …`, « le digicode est B7194 ».

A word that names a secret stands before a value, and the value must look like one: letters with figures or
signs in them, a row of figures after the word for a door, a phrase in quotation marks. Signs in the midst of
letters and figures look like a password even alone: then the person is asked.
"""

from __future__ import annotations

import re

from core.sensitivity.data import pattern_of

NO_WORD = re.compile(r"[\d!#$%&*@^?+~=§:«\"'`“]")
"""Without one of these a text holds no secret but those that a service's form tells: plain words are none."""
_NAMES = (
    r"mots?\sde\spasse|mdp|m2p|mot2passe|motdepasse|pass(?:e|word|wd|phrase|code)?|pwd|pw|pswd|psw"
    r"|phrases?\s(?:de\spasse|secretes?|de\srecuperation)|sesame|api[\s_-]?key|recovery\s(?:key|codes?)|psk"
    r"|cles?\s(?:api|wifi|wpa|d'acces|secrete|privee|reseau|de\srecuperation|de\schiffrement|d'activation)"
    r"|(?:secrets?|cles?|graines?|seed|key)\s(?:totp|otp|2fa|mfa)|codes?\sde\s(?:secours|recuperation)|digicodes?|community|communaute(?:\ssnmp)?|wep|authentifiant"
    r"|one-time\s(?:secret|code|password)"
)
NAMED = re.compile(rf"\b(?:{_NAMES})\b")
"""A word that names a secret, in lower-case folded text."""

ACCESS = pattern_of("spoken.access")
"""A word after which a secret may stand, and much else too."""

DOOR = pattern_of("spoken.door")
"""A word after which a row of figures opens something."""

ASSIGNED = re.compile(
    r"(?:pass(?:word|wd|phrase|code|e)?|pwd|_pw|mdp|secret|token|_?api_?key|private_?key|access_?key|auth_?key|app_?key|credentials?"
    r"|psk)[\w.\-]{0,12}[\"']?\s{0,3}(?::=|=>|=|:)\s{0,3}"
    r"(\"[^\"\n]{3,120}\"|'[^'\n]{3,120}'|`[^`\n]{3,120}`|[^\s\"'`,;<>()\[\]{}]{4,120})"
)
"""`db_password=…`, `"api_key": "…"`, in lower-case folded text: the value with its quotes."""

EMPHASIS = re.compile(r"(\*(?<![\w*].)\*{0,2})(?=[^\s*])([^*\n]{1,200})(\*{1,3})(?![\w*])")
"""What Markdown sets in italics or bold."""

SIGN = re.compile(r"[!#$%&*@^?](?<=[A-Za-z0-9].)")
"""A sign after a letter or a figure: rare but in passwords and code."""

VALUE = re.compile(
    r"(?:«\s?|\"|“|'|`)([^«»\"“”`\n]{3,80}?)(?:\s?»|\"|”|'|`)|(?<![\w@./%\-])([^\s,;:()\[\]{}<>|«»\"]{4,60})"
)
"""A value in quotation marks, or a run without spaces."""

TURNS = re.compile(r"\b(?:combinaison|coffre)\b[^\n]{0,60}?(\d{0,3}\s?(?:gauche|droite)\b[^\n]{0,60}\d)")
"""The turns of a safe's lock."""

PHRASE = re.compile(
    r"\b(?:phrases?\s(?:secretes?|de\spasse|de\sdeverrouillage|de\srecuperation)|pass\s?phrase|recovery\sphrase|mot\sconvenu"
    r"|cle\sde\srecuperation)\b(?!\s\(empty\b|\)\s?:)[^\n:«\"]{0,60}[:«\"]\s?([^\n»\"]{5,100})"
)
"""A secret of several words."""

DICTATED = re.compile(
    rf"\b(?:{_NAMES})\b[^.\n]{{0,50}}?(?:\bc'?est|\best|\bis|[:=])\s([^.\n]{{0,80}}?\b(?:arobase|diese|underscore"
    r"|a\scommercial|tiret\s(?:bas|du\s(?:six|huit|[68]))|point\s(?:virgule|d'exclamation|d'interrogation)"
    r"|at\ssign|hash|exclamation\smark)\b)"
)
"""A password whose signs are said with words: « le mot de passe c'est cumulus arobase deux mille »."""

IN_URL = re.compile(r"[?&](?:p|pw)=([^\s&#\"'<>]{6,60})")
"""What an address carries under the letter of a password."""

ANNOUNCED = re.compile(
    r"\b(?:mots?\sde\spasse|motdepasse|mdp|m2p|passwords?|passwd|pwd|pass|pw|psw|pswd|wep|psk|sesame)\b(?!@)"
    r"[^\n:=«\"]{0,40}(?::|=|\bc'?est\b|\bis\b|\best\b)\s{0,2}[«\"'`]?\s?([^\s,;()\[\]{}<>|«»\"'`]{5,40})"
)
"""A value right after a word for a password and a colon: it may look like a mere reference (`Zouk972!`)."""

DEDUCED = re.compile(
    r"\b(?:mots?\sde\spasse|mdp|m2p|passwords?|pwd|pass|codes?)\b[^\n]{10,140}?"
    r"\b(?:donc|soit|ca\s(?:donne|fait)|s'ecrit|so)\s:?\s?([^\s,;()\[\]{}<>|«»\"'`]{6,40})"
)
"""A value after an account of how it is made: « le nom du chien, donc Ulysse2024! »."""

CODED = re.compile(
    r"\bcodes?\b[^\n:=«\"(]{0,40}(?::|=|\bc'?est\b|\bis\b|\best\b|\bsera\b)\s{0,2}[«\"'`]?\s?"
    r"([^\s,;()\[\]{}<>|«»\"'`]{6,40})"
)
"""A value right after the word code."""

CODE = re.compile(r"\b(?:codes?|otp|mots?\sde\spasse|mdp|password|pwd)\b")
"""A word after which a row of figures may be one, if only a few words stand between."""
BETWEEN = re.compile(r"(?:[\s:=«\"',]{1,3}[a-z\-]{1,14}){0,8}[\s:=«\"',]{1,4}")
"""Those few words."""

ENTRY = pattern_of("spoken.entry")
"""An account that everybody has, and what may be its password."""

HEADED = re.compile(
    r"\b(?:mots?\sde\spasse|mdp|passwords?|pwd|pass|enable|psk)[ ]?(?=[;|\t,\n])(?=[^\n]{0,200}\n)"
)
"""The head of a table's column of passwords, with the rest of its line after it; columns before."""
COLUMNS = re.compile(r"(?:[^\n;|\t,]{0,40}[;|\t,]){0,8}[ ]?")

DECLARED = re.compile(r"_(PASS|PWD|PW|PASSWORD|SECRET|KEY)=([^\s\"'$<{(/]{5,80})$", re.M)
"""The end of a line of a shell's settings, and how one begins."""
DECLARES = re.compile(r"^(?:export )?[A-Z][A-Z0-9_]{0,30}\Z", re.M)

KEPT = re.compile(
    r"\b(?:identifiant|login|ouvr\w{0,5}|coffre|keepass|session|dechiffr\w{0,5}|deverrouill\w{0,5}|vault)\b[^\n]{0,70}?"
    r"\bphrase\b[^\n«\"]{0,30}[«\"]\s?([^\n»\"]{8,100})"
)
"""A phrase in quotation marks that opens something."""

PAIR = re.compile(r"/(?<=\s/)\s(?=([^\s/,;:()«»\"]{6,40}))")
"""A slash and what may be the password of the name before it: `ybenali / Zt4-kalou-Me`."""
PAIRED = re.compile(r"(?<![\w/.\-])[A-Za-z][\w.\-]{2,24}\s\Z")

QUOTED = re.compile(r"[«\"“]\s?([^\s«»\"“”]{8,40})\s?[»\"”]")
"""One run in quotation marks."""

CALLED = re.compile(r"(?<!\S)(?:[«\"]\s?)?([^\s«»\"]{6,40})(?:\s?[»\"])?\s\(?\Z")
BEFORE = re.compile(
    r"\b(?:comme|en\sguise\sde|as|(?:c'?est|est|is)\s(?:un|le|mon|notre|a|the|my))\s"
    r"(?:mdp|mot\sde\spasse|password|code)\b"
)
"""What calls the value that stands before it a password, and that value."""
SAME = re.compile(r"/\s?(([a-z]{4,20})\d{1,4})(?![/\w])")
"""A password made of the name before it: `accueil/accueil16`."""
ACCOUNT = re.compile(r"(?<![/\w])([a-z]{4,20})\s?\Z")

FIGURES = re.compile(
    r"(?<![\w.,/\-])(?:[A-Da-d]?\d{4,8}[A-D#*]?|\d{1,4}[A-D]\d{2,6}|\d\d-\d\d-\d\d"
    r"|\d\d(?: \d\d){1,3}|\d{3,4}[ \-]\d{3,4}|[A-D](?:-\d){3,6}|\d(?:[ \-]\d){3,7})"
    r"(?![\w/%€]|[.,]\d)"
)
"""What is typed on a door's keyboard."""

_PLACEHOLDER = re.compile(
    r"[*x•.\-_#?]{3,}|.*(?:changeme|change[_-]?it|change[_-]me(?![a-z])|change[rz][_-]?moi|example|exemple|your[_-]|votre|monmot|(?<![a-z])(?:ton|ta)[_-](?:mdp|mot|pass|cle)|mot[_-]?de[_-]?passe$|placeholder|dummy|sample|lorem"
    r"|to[_-]?do|foobar|s3cr3t!{0,2}$|p@ssw0rd$|password\d{0,4}!?$|hunter2$|azerty\d{0,6}!?$|qwerty\d{0,6}!?$|123456\d{0,4}$|x{4,}|redacted|masked|masque|cache|secret$|<|\.\.\.).*"
    r"|\$\{?.*\}?|\{\{?.*\}\}?|%\w+%|<.*>|\[.*\]|none|null|nil|true|false|undefined|string|str|text|varchar.*|env|required"
    r"|.*(?:environ|getenv|process\.env|os\.|vault:|secrets\.|config\.|settings\.|self\.|request\.|input\(|prompt|arn:aws).*"
    r"|n/a|na|aucun|non|oui|yes|no|idem|voir.*|demander.*|a\s(?:demander|definir).*",
    re.I,
)
_REFERENCE = re.compile(
    r"(?:[a-f0-9]{7,}|[0-9a-f]{8}-[0-9a-f\-]{27,}|[\d.,:/\-]+|[a-z\-']+|[a-z]{1,6}[\-_.]?\d{1,8}|\d+[a-z]{1,5}|v?\d+(?:\.\d+)+(?:[+~][a-z]+\d*)?"
    r"|\S*\.(?:fr|com|org|net|eu|pdf|docx?|xlsx?|txt|csv|py|html?|json|ya?ml|zip|[ch])\b\S*|\S+@\S+\.\S+|https?:\S+|[\w\-]+\(\S*|[/~.\\]\S*"
    r"|[a-z]{1,5}#\w?\d+|[a-z]+#\d{1,2}(?:-[a-z]+)?|cve-\d{4}-\d+|[a-z]+@[a-z]+|\S*(?:%20|\.git\b|#L\d|sha\d|aes\d)\S*)",
    re.I,
)
_NAMED_THING = re.compile(
    r"[a-f0-9]{7,}|[\d.,:/\-]+|v?\d+(?:\.\d+)+(?:[+~][a-z]+\d*)?|\S+\.[a-z]{2,4}|\S+@\S+\.\S+|https?:\S+|[\w\-]+\(\S*|[/~.\\]\S*"
    r"|\d+(?:[eè](?:me|re)?|er|h\d*|ans?|mois|jours?|chars?|bits?|car\w*)",
    re.I,
)
"""A hash, a number, a version, a file, an address, a count: `12car`, `3e`."""
_ODD = re.compile(
    r"(?=.*[a-z])(?=.*[A-Z]).*(?:[A-Za-z]\d[A-Za-z]|\d[!+*?#$%]$)|[A-Za-z]{3,}/\d{2,6}/[A-Za-z]{3,}"
)
_SIGNS = re.compile(r"[A-Za-z0-9][!#$%&*@^?+~=§]+[A-Za-z0-9]|[A-Za-z]\d+[!#$%&*@^+~§]+$|[!#$@^§]+$")
_WORDED = re.compile(
    r"(?:[A-Za-z]{3,}[-/._])+\d{1,4}(?:[-/._][A-Za-z]{2,})+|\d{1,4}(?:-[a-z]{2,}){2,}"
    r"|(?=.*[a-z])(?=.*[A-Z]).*[A-Za-z]\d[A-Za-z]|"
    r"[A-Z][a-z]{3,}.*\d{2}|[a-z]{4,}.*[A-Z].*\d|\d.*[A-Z][a-z]{3,}"
)
_LEET = re.compile(
    r"(?=.{7})(?=.*[A-Z\-._!?*#$])(?:[A-Za-z]+\d[a-z]{2,}|[0134578][a-z]{3,})[\w!?*#$.\-]*"
    r"|(?:[A-Za-z]{3,}[-._]){2,}(?!(?:19|20)\d\d$)\d{3,4}|[0-9][A-Z]{1,3}-[a-z]{4,}-\d+|[A-Za-z]*[a-z]\d+-[a-z]{3,}[\w\-]*|[A-Z][a-z]{2,}[-._][A-Z][a-z]{2,}\d{1,4}|[A-Za-z]{3,}(?:[!$#*@][A-Za-z]{3,}){2,}"
)
"""A figure amid small letters, as for a letter, words joined with a figure or by signs: `h4ubans-et-drisses`,
`moulin.bleu.4471`, `Souris!Verte!Court`."""
_CODE = re.compile(
    r"^-{1,2}[a-z]|^\[|^[A-Z]+\d+(?:[A-Z][a-z]+)+$|^[A-Za-z_]\w*=."
    r"|[A-Za-z]\w*!\$?[A-Z]{1,3}(?:[$:\d]|$)|%[0-9A-Fa-f]{2}.*%[0-9A-Fa-f]{2}|&(?:amp|lt|gt|nbsp|\w{1,10}=)|[=<>]=|\+\+|&&|\w\(|://|^\W*[A-Za-z]&[A-Za-z]\W*$|^#\w+$"
    r"|^@\w|\$\{|^\$\w+$|^\d{2,5}/[a-z]|\?\w+="
)


def is_placeholder(value: str) -> bool:
    """`changeme`, `<votre mot de passe>`, `${DB_PASSWORD}`, `********`: nobody's secret."""
    return bool(_PLACEHOLDER.fullmatch(value))


def looks_secret(value: str) -> bool:
    """Does a run look like a password where one was announced? Letters with figures or signs."""
    if len(value) < 5 or is_placeholder(value) or _REFERENCE.fullmatch(value) or _CODE.search(value):
        return False
    letters, figures = sum(map(str.isalpha, value)), sum(map(str.isdigit, value))
    return letters >= 2 and (figures > 0 or bool(_SIGNS.search(value)))


def is_announced(value: str) -> bool:
    """May a run be what a word for a password announces? Letters with figures, also a few of each."""
    if len(value) < 5 or is_placeholder(value) or _CODE.search(value) or _NAMED_THING.fullmatch(value):
        return False
    return any(map(str.isalpha, value)) and (any(map(str.isdigit, value)) or bool(_SIGNS.search(value)))


def is_odd(value: str) -> bool:
    """Does a run in quotation marks look like a password? Figures amid letters of both cases, or a sign after
    figures: no title, no reference and no year has that."""
    return is_mixed(value) and sum(map(str.isdigit, value)) > 1 and bool(_ODD.search(value))


def is_mixed(value: str) -> bool:
    """A word with figures or signs in it: `Canele.2030`, `Tz9#pelotari`; not a reference of capitals."""
    return looks_secret(value) and bool(_SIGNS.search(value) or (len(value) > 7 and _WORDED.search(value)))


def is_disguised(value: str) -> bool:
    """May words with figures or signs in them be a password, beside a word for an access?"""
    return bool(_LEET.fullmatch(value)) and not (is_placeholder(value) or _REFERENCE.fullmatch(value))


def is_strong_password(value: str) -> bool:
    """Small letters, capitals, figures and a sign amid them: hardly anything but a password."""
    kinds = (any(map(str.islower, value)), any(map(str.isupper, value)), any(map(str.isdigit, value)))
    return len(value) >= 8 and all(kinds) and bool(SIGN.search(value)) and is_mixed(value)
