"""A synthesis as a file: Markdown, DOCX, ODT or PDF, the level in its header, the mention of AI below.

Pure functions from CommonMark to bytes. DOCX and ODT are written here: a dozen elements each, structure
that a screen reader finds (headings, lists, header rows, language), and the same bytes each time.
"""

from core.export.exporting import MEDIA_TYPES, FileKind, LevelMark, export, file_name

__all__ = ["MEDIA_TYPES", "FileKind", "LevelMark", "export", "file_name"]
