"""What the pages ask and are told, as models: they check what comes in, and the OpenAPI is made from them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from sempairs.review.base import Decision, Kind, Status, Verdict

MOST_TASKS = 100
MOST_DECISIONS = 100
LARGEST = 2**53 - 1  # that a browser counts to exactly, and a database holds

# PostgreSQL keeps no NUL in a text.
Text = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00]+$")]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,80}$")]
# In JSON, 7.0 is a whole number too.
AsWhole = BeforeValidator(lambda came: int(came) if isinstance(came, float) and came.is_integer() else came)
Stratum = Annotated[int, Field(ge=0, le=LARGEST), AsWhole]
ShownLane = Literal["adjudicate", "random", "grid"]


class Asked(BaseModel):
    """What came in: exactly these fields, of exactly these types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class TasksAsked(Asked):
    """How many pairs to judge next, and which; a lane of null is the usual mixture."""

    count: Annotated[int, Field(ge=1, le=MOST_TASKS), AsWhole] = 10
    lane: ShownLane | None = None
    stratum: Stratum | None = None


class DecisionMade(Asked):
    """One decision; the fields of `sempairs.review.base.Decision`."""

    uuid: Key
    task: Key
    kind: Annotated[Kind, Field(strict=False)]
    verdict: Annotated[Verdict | None, Field(strict=False)] = None
    supersedes: Key | None = None
    text: Text = ""
    class_shown: bool = False
    seconds: float = Field(default=0.0, ge=0, le=86400, allow_inf_nan=False)

    def decision(self) -> Decision:
        """As the review takes it."""
        return Decision(**{name: getattr(self, name) for name in Decision.__dataclass_fields__})


class DecisionsMade(Asked):
    """Decisions in the order in which they were made."""

    decisions: list[DecisionMade] = Field(min_length=1, max_length=MOST_DECISIONS)


class PersonAsked(Asked):
    """Who is to judge, too."""

    name: Name


class CertificateShown(BaseModel):
    """The certificate in a sentence, and whether it is reached.

    `more` judgements of the random share are wanted for the next look: about `more_in_all` of all tasks.
    """

    sentence: str
    more: int
    more_in_all: int
    certified: bool


class Progress(BaseModel):
    """How far the review is, and one person in it."""

    judged: int
    wanted: int
    mine: int
    certificate: CertificateShown


class PairShown(BaseModel):
    """Two images by their opaque names, and the class; null where it is not known."""

    left: str
    right: str
    name: str | None


class TaskShown(PairShown):
    """A pair to judge. Nothing here tells what a model or another person thinks of it."""

    id: str


class Tasks(BaseModel):
    """The next pairs of a person; none if nothing is left."""

    tasks: list[TaskShown]
    progress: Progress


class ReceiptShown(BaseModel):
    """What became of a decision."""

    uuid: str
    status: Status
    seq: int | None
    reason: str


class Receipts(BaseModel):
    """What became of the decisions, in their order."""

    receipts: list[ReceiptShown]
    progress: Progress


class OwnDecision(PairShown):
    """A decision that this person made and that stands."""

    uuid: str
    task: str
    verdict: Verdict
    flagged: bool
    note: str
    at: float


class History(BaseModel):
    """The last decisions of this person, the newest first."""

    decisions: list[OwnDecision]


class Judged(PairShown):
    """A judged pair; `seq` is the place of its last verdict in the chain."""

    seq: int


class Gallery(BaseModel):
    """Pairs of one verdict; `next` is the `after` of the following page, null on the last one."""

    pairs: list[Judged]
    next: int | None


class Project(BaseModel):
    """Everything that the page of the project shows."""

    name: str
    question: str
    settings: dict[str, Any]
    person: str
    may_invite: bool
    counts: dict[str, int]
    people: list[dict[str, Any]]
    strata: list[dict[str, Any]]
    certificate: dict[str, Any]
    agreement: dict[str, Any]
    disagreements: list[dict[str, Any]]
    flags: list[dict[str, Any]]
    notes: list[dict[str, Any]]


class Link(BaseModel):
    """Lets one person in, once."""

    person: str
    link: str


class Wrong(BaseModel):
    """What was wrong, and what to do about it."""

    problem: str
    todo: str


class Error(BaseModel):
    """The one form of all errors."""

    error: Wrong
