"""Where an answer comes from: a signed record that travels with it, and a register by which it is recognised.

The record (`record`) says which system and model wrote a text, when and at what level, and holds a digest of
its words; it is signed with a key of the store (`signing`). No content is kept.
"""
