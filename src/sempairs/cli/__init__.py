"""The command line: one file for each noun. Heavy libraries are imported inside the commands that need them."""
