"""What nobody stamped: a learned reader beside the rules."""
