"""OpenDocument files → pages of sections."""
