"""The way out: the outbox, replies, private messages, and how a long text is split."""
