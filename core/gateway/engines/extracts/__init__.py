"""The embedded engine: extracts of what it was given, word for word, and never a word of its own.

Without any gateway the assistant still helps: the important sentences of a document, the passages that
answer a question on it with their pages, and help for the rest. Standard library only.
"""

from core.gateway.engines.extracts.answering import Extracts, answer

__all__ = ["Extracts", "answer"]
