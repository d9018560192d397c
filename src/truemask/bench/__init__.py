"""Results tables that anyone can run again: the question as TOML, the answers as JSON."""
