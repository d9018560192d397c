"""Evidence about labels beside predictions: the image, its twins, its neighbours, who labelled it."""
