"""Noises that look only at the true class, on images, pixels and objects alike."""
