"""Condenses long material: cuts it into chunks, takes notes in parallel, writes one synthesis with sources.

`works` makes material of documents. `condense` asks the model. `finish` turns the model's text into what
people read: it checks the citations, and lists the statements with their sources and the doubts.
"""

from core.condense.finishing import Finished, Statement, finish
from core.condense.forms import FORMS, Form
from core.condense.planning import Brief
from core.condense.running import Asking, Condensed, Notes, condense
from core.condense.works import Passage, Source, Work, works

__all__ = [
    "FORMS",
    "Asking",
    "Brief",
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
