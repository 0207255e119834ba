"""Scans and images → text, by Tesseract in a jail of its own."""
