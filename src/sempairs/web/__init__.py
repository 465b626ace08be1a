"""The review's pages: a server for people on this machine, or a team."""
