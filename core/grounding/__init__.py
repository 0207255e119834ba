"""Checks a text against its sources, without a model, and points out what does not stand in them.

Figures, amounts, dates, names, references of law and links are brought to one form, in French and English
alike, and looked up. The check says nothing of what a text leaves out or concludes.
"""

from core.grounding.grounds import Doubt, Grounds, Kind

__all__ = ["Doubt", "Grounds", "Kind"]
