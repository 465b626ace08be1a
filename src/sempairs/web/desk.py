"""A review as its pages see it: pairs as names of pictures, and never more of them than a person may know."""

import hashlib
from collections.abc import Sequence
from typing import Any

from sempairs.core.errors import UserError
from sempairs.review.base import Decision, Lane, Person, Receipt, Verdict
from sempairs.review.session import Review
from sempairs.web.answers import CertificateShown, Gallery, Judged, OwnDecision, Progress, Project, TaskShown
from sempairs.web.project import Settled, settled, summary
from sempairs.web.recent import Recent
from sempairs.web.security import Refused
from sempairs.web.thumbnails import Thumbnails

SECONDS = 3.0
"""That the project page and the galleries may be behind."""
HISTORY, GALLERY = 10, 60


class Desk:
    """What the routes need of a review.

    Parameters
    ----------
    review: the project.
    thumbnails: the pictures of its images.
    host: who lets others in.
    """

    def __init__(self, review: Review, thumbnails: Thumbnails, host: Person) -> None:
        self.review, self.thumbnails, self.host = review, thumbnails, host
        self._seq, self._certificate = review.store.last_seq(), review.certificate()
        self._settled: Recent[Settled] = Recent(lambda: settled(review.candidates, review.store.judgements()), SECONDS)
        self._summary: Recent[dict[str, Any]] = Recent(self._summarise, SECONDS)

    @property
    def cookie(self) -> str:
        """The name of the session's cookie: a browser keeps them by machine, on which other reviews may be open."""
        store = self.review.store
        return "sempairs-" + hashlib.sha256(f"{store.name} {store.created_at}".encode()).hexdigest()[:12]

    def refresh(self) -> None:
        """After new decisions: fit the order again if it is due, and ask the certificate anew.

        Both look at all judgements, so nobody who clicks waits for them.
        """
        seq = self.review.store.last_seq()
        if seq != self._seq:
            self.review.refresh()
            self._seq, self._certificate = seq, self.review.certificate()

    def tasks(self, person: Person, count: int, lane: str | None, stratum: int | None) -> list[TaskShown]:
        """The next pairs of a person. Refuses a stratum that is not there."""
        if stratum is not None and stratum >= len(self.review.store.strata):
            raise Refused(404, "there is no such stratum", "choose one on the page of the project")
        tasks = self.review.lease(person, count, None if lane is None else Lane(lane), stratum)
        return [TaskShown(id=task.id, **self._pair(task.pair, task.swapped)) for task in tasks]

    def record(self, person: Person, decisions: Sequence[Decision]) -> list[Receipt]:
        """Store decisions, durably."""
        return self.review.record(person, decisions)

    def history(self, person: Person) -> list[OwnDecision]:
        """The last decisions of a person, the newest first, as they were shown."""
        rows = self.review.store.history(person, HISTORY)
        names = ("uuid", "task", "verdict", "flagged", "note", "at")
        return [
            OwnDecision(**{name: row[name] for name in names}, **self._pair(row["pair"], row["swapped"]))
            for row in rows
        ]

    def progress(self, person: Person) -> Progress:
        """How far the review is."""
        counts, certificate = self.review.store.counts(), self._certificate
        return Progress(
            judged=counts["given_votes"],
            wanted=counts["wanted_votes"],
            mine=self.review.store.counts(person)["judged"],
            certificate=CertificateShown(
                sentence=certificate.sentence,
                more=certificate.more,
                more_in_all=certificate.more_in_all,
                certified=certificate.certified,
            ),
        )

    def gallery(self, verdict: Verdict, after: int | None) -> Gallery:
        """The pairs of a verdict, the newest first, that come after the one of this place in the chain."""
        rows = self._settled().of(verdict, after)
        page = [
            Judged(seq=seq, **self._pair(pair, swapped=False))
            for seq, pair in zip(rows.seq[:GALLERY].tolist(), rows.pair[:GALLERY].tolist(), strict=True)
        ]
        return Gallery(pairs=page, next=page[-1].seq if len(rows.seq) > GALLERY else None)

    def project(self, person: Person) -> Project:
        """What the page of the project shows."""
        return Project(person=person.name, may_invite=person == self.host, **self._summary())

    def link(self, name: str, origin: str, asking: Person) -> str:
        """A one-time link that lets somebody in, as a new person or as the one of that name.

        Refuses if it is not the host who asks, and a name that is a simulated person's, or none.
        """
        if asking != self.host:
            raise Refused(403, f"only {self.host.name} lets others in", "ask for a link there")
        try:
            person = self.review.person(name)
        except UserError as error:
            raise Refused(400, error.problem, error.todo or "choose another name") from None
        if person.simulated:
            raise Refused(400, f"{person.name} is simulated", "choose another name")
        return f"{origin}/enter?token={self.review.store.make_token(person)}"

    def _summarise(self) -> dict[str, Any]:
        """The project in plain values; what names a pair shows it."""
        values = summary(self.review, self._certificate)
        for name in ("disagreements", "flags", "notes"):
            values[name] = [row | self._pair(row.pop("pair"), swapped=False) for row in values[name]]
        return values

    def _pair(self, pair: int, swapped: bool) -> dict[str, Any]:
        candidates = self.review.candidates
        left, right = (self.thumbnails.name(str(hashes[pair])) for hashes in (candidates.a_hash, candidates.b_hash))
        if swapped:
            left, right = right, left
        return {"left": left, "right": right, "name": str(candidates.name[pair]) or None}
