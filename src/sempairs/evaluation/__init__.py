"""Evaluations: an encoder's features in, named numbers with n, unit, interval and protocol out."""
