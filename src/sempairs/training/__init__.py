"""Training: one loop for every method, resumable at any step with the same result."""
