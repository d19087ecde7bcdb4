"""Who may call: accounts, users, key pairs, console sessions, plans and their limits."""
