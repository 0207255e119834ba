"""Microsoft Office files → pages of sections."""
