"""Studies: a file names arms, methods, seeds and evaluations; the study runs what is missing and compares."""
