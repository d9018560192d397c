"""Meta-structures: what labels and predictions have in common beyond single units."""
