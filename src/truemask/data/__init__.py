"""Images and the labels that were given for them: opening, viewing, writing."""
