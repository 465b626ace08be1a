"""`python -m sempairs`, which torchrun needs."""

from sempairs.cli.main import app

app()
