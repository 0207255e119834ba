"""Everything that replicas share, on Valkey or Redis: conversations that wait, sessions, budgets."""
