"""What one exchange brings and may do: content, admission, confirmation, history, audit."""
