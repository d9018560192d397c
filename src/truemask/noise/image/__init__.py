"""Noises that see more than one label at a time: images, other images, which classes an image has."""
