"""A synthesis as a file: Markdown, DOCX, ODT or PDF, the level in its header, the mention of AI below.

Pure functions from CommonMark to bytes, the same bytes each time. Every file has what a screen reader needs
(headings, lists, header rows, language, title), and says its level, its author and its record to programs.
"""

from core.export.exporting import MEDIA_TYPES, FileKind, export, file_name, words_of_file
from core.export.level_mark import LevelMark

__all__ = ["MEDIA_TYPES", "FileKind", "LevelMark", "export", "file_name", "words_of_file"]
