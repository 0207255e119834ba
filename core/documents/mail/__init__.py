"""Mail messages as bytes → what stands in them: headers, leaves, text. Pure."""
