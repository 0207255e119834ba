"""What models answer in the benches: French prose with a list, as people get it.

A row of « mot0 mot1 mot2 » is no answer: it has no sentence, and each of its words mixes letters and figures,
as passwords do and words do not.
"""

from __future__ import annotations

import re
from itertools import cycle, islice

_TEXT = """ La commission se réunit chaque premier mardi du mois, et le compte rendu est envoyé sous huit \
jours. Pour déposer une demande : remplissez le formulaire, joignez les pièces, puis attendez \
l’accusé de réception. Les délais dépendent de la direction concernée ; comptez en général trois \
semaines. Si rien ne vient, écrivez au secrétariat.

- **Pièces** : une copie de la décision et un relevé.
- **Lieu** : le service du courrier, au rez-de-chaussée.
- **Délai** : deux mois après la décision.

En cas de refus, un recours gracieux est possible. Il se fait par lettre simple, sans formulaire ; \
une réponse est donnée dans les deux mois, et son absence vaut rejet."""


def prose(tokens: int) -> str:
    """An answer of so many tokens of the fake gateway, which are its words."""
    return "".join(islice(cycle(re.findall(r"\s*\S+", _TEXT)), tokens)).strip()
