"""Checks a text against its source, without a model: what does not stand there is pointed out.

Figures, amounts, dates, names, references of law and links are brought to one form, French and English
alike, and looked up. Nothing is said of what a text leaves out or draws as a conclusion.
"""

from core.grounding.grounds import Doubt, Grounds, Kind, grounds

__all__ = ["Doubt", "Grounds", "Kind", "grounds"]
