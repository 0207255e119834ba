"""Work on documents that several bots share: what is asked of them, and their synthesis."""
