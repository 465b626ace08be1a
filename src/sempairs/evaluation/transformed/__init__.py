"""What a change to an image does to its features: named transformations, whitening, cosines and distances."""
