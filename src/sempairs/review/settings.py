"""What is decided when a review is created, and never changed afterwards."""

from dataclasses import dataclass

from sempairs.core.errors import UserError


@dataclass(frozen=True, kw_only=True)
class ReviewSettings:
    """The settings of a review.

    Parameters
    ----------
    question: what people are asked.
    votes: how many people judge a pair.
    votes_share: the share of the pairs that get so many votes; the others get one.
    gold: share of a person's tasks that are hidden gold questions, 0.05 to 0.15; 0 for none.
    again: share of a person's tasks that are pairs they judged before, with the sides swapped.
    random: share of a person's tasks that are drawn by chance and kept apart for the certificate, 0.1 to 0.8: 0.15
        for a set that people are to clean, 0.5 for one that is to be certified soon (docs/review.md).
    wanted: the precision that the certificate promises.
    confidence: how sure the promise is.
    refit: the model is fitted again after so many verdicts.
    bins: of similarity, for each class.
    lease_minutes: after which a pair that was shown and not judged is given to others.
    show_class: whether the name of the class is on the page until somebody switches it off.
    seed: of everything that is left to chance.
    """

    question: str = "Do both images show the same kind of thing?"
    votes: int = 1
    votes_share: float = 1.0
    gold: float = 0.1
    again: float = 0.03
    random: float = 0.15
    wanted: float = 0.99
    confidence: float = 0.95
    refit: int = 25
    bins: int = 4
    lease_minutes: float = 30.0
    show_class: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        ranges = {
            "votes": (1, 9), "votes_share": (0, 1), "gold": (0, 0.15), "again": (0, 0.15), "random": (0.1, 0.8),
            "wanted": (0.5, 0.9999), "confidence": (0.5, 0.9999), "refit": (1, 10_000), "bins": (1, 20),
            "lease_minutes": (0.01, 1440),
        }  # fmt: skip
        for name, (low, high) in ranges.items():
            if not low <= getattr(self, name) <= high:
                raise UserError(f"review.{name} must be between {low:g} and {high:g}", got=getattr(self, name))
        if self.gold + self.again + self.random > 1:
            raise UserError("the shares of random, gold and again add up to more than 1", todo="lower one")
        if 0 < self.gold < 0.05:
            raise UserError("a share of gold questions below 0.05 tells nothing", got=self.gold, todo="0.05, or 0")
        if not 1 <= len(self.question.strip()) <= 300:
            raise UserError("the question must be a sentence of 1 to 300 characters", got=len(self.question))
