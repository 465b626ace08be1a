"""Reports: a finished study's folder in, one self-contained page and a table as CSV and JSON out. Needs no data set."""
