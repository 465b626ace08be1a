"""Where a review is kept: SQLite in one file, or PostgreSQL for a team; the same tables, tests and promises."""

from sempairs.review.store.store import Store

__all__ = ["Store"]
