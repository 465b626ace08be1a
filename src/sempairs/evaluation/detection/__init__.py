"""Object detection with an encoder as the backbone: scenes with boxes in, average precision out."""
