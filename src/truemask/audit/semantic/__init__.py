"""Label maps judged by segments: outlines that are unsure are no errors, and each error has a kind."""
