"""What the commands do: each in a file of its own, called by `cli`."""
