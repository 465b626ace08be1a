"""Reports: a study's records in, a self-contained page and its comparisons as CSV, JSON and LaTeX out; no data set."""
