"""Condenses long material: chunks on structure → notes in parallel → one synthesis that names its sources.

`works` makes material of documents or messages, `condense` asks the model, `finish` turns what it wrote
into what people read: citations checked, statements with their sources, what is to be checked.
"""

from core.condense.finishing import Finished, Statement, finish
from core.condense.forms import FORMS, Form
from core.condense.running import Asking, Condensed, Notes, condense
from core.condense.works import Passage, Source, Work, works

__all__ = [
    "FORMS",
    "Asking",
    "Condensed",
    "Finished",
    "Form",
    "Notes",
    "Passage",
    "Source",
    "Statement",
    "Work",
    "condense",
    "finish",
    "works",
]
