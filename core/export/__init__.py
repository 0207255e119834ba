"""Write a text as a Markdown, DOCX, ODT or PDF file, with its level above and the mention of AI below.

From CommonMark to the same bytes each time. All but Markdown have what a screen reader needs (headings,
lists, header rows, language, title) and tell programs their level and their author; all carry the signed
record.
"""

from core.export.exporting import MEDIA_TYPES, FileKind, export, file_name, words_of_file
from core.export.level_mark import LevelMark

__all__ = ["MEDIA_TYPES", "FileKind", "LevelMark", "export", "file_name", "words_of_file"]
