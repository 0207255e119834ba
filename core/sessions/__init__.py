"""What is remembered of conversations, persons and rooms, sealed, until it expires or is erased."""
