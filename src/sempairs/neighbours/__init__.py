"""Nearest neighbours by cosine similarity, canonical: FAISS proposes, float64 decides."""

from sempairs.neighbours.bank import Bank
from sempairs.neighbours.everyone import neighbours_of_all
from sempairs.neighbours.kmeans import spherical_kmeans
from sempairs.neighbours.scores import DECIMALS, cosine, norms
from sempairs.neighbours.search import nearest

__all__ = ["DECIMALS", "Bank", "cosine", "nearest", "neighbours_of_all", "norms", "spherical_kmeans"]
