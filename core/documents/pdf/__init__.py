"""PDF files → pages of sections."""
