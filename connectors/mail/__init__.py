"""Mail: questions by IMAP, answers by SMTP."""
