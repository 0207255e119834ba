"""Text, HTML and RTF → pages of sections."""
