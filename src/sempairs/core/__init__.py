"""The vocabulary of the package: errors, registry, settings, seeds, files, runs, progress. Imports nothing of ours."""
