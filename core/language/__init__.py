"""What several rooms know of written language: how a text reads without accents, and the names of months."""
