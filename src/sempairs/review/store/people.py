"""Who takes part, the one-time links that let them in, and their sessions; only hashes of secrets are stored."""

import hashlib
import secrets

from sqlalchemy import Connection, delete, func, insert, select

from sempairs.core.errors import UserError
from sempairs.review.base import Person
from sempairs.review.store.schema import people, sessions, tokens

SESSION_SECONDS = 30 * 24 * 3600


def add(connection: Connection, name: str, simulated: bool, now: float) -> Person:
    """A new person. Raises UserError if the name is taken or is none."""
    name = name.strip()
    if not (1 <= len(name) <= 80 and name.isprintable()):
        raise UserError("a person's name is 1 to 80 printable characters", got=repr(name[:100]))
    if connection.scalar(select(people.c.number).where(people.c.name == name)) is not None:
        raise UserError(f"somebody called {name!r} takes part already", todo="choose another name")
    number = 1 + int(connection.scalar(select(func.max(people.c.number))) or 0)
    person = Person(number, name, f"person-{number:02}", simulated)
    row = {"number": number, "name": name, "pseudonym": person.pseudonym, "simulated": simulated, "added_at": now}
    connection.execute(insert(people), row)
    return person


def everyone(connection: Connection) -> list[Person]:
    """All people, in the order in which they came."""
    return [Person(*row) for row in connection.execute(_PEOPLE.order_by(people.c.number))]


def make_token(connection: Connection, person: Person, minutes: float, now: float) -> str:
    """A secret that lets a person in once."""
    token = secrets.token_urlsafe(32)
    connection.execute(delete(tokens).where(tokens.c.until <= now))
    row = {"digest": _digest(token), "person": person.number, "until": now + 60 * minutes}
    connection.execute(insert(tokens), row)
    return token


def redeem(connection: Connection, token: str, now: float) -> str | None:
    """The key of a new session for a token, which is used up; None if it is not valid any more."""
    mine = tokens.c.digest == _digest(token)
    found = connection.execute(select(tokens.c.person).where(mine, tokens.c.until > now)).one_or_none()
    connection.execute(delete(tokens).where(mine))
    if found is None:
        return None
    session = secrets.token_urlsafe(32)
    connection.execute(delete(sessions).where(sessions.c.until <= now))
    row = {"digest": _digest(session), "person": found.person, "until": now + SESSION_SECONDS}
    connection.execute(insert(sessions), row)
    return session


def person_of(connection: Connection, session: str, now: float) -> Person | None:
    """Whose session it is; None if it is nobody's, or over."""
    of = sessions.c.person == people.c.number
    valid = (sessions.c.digest == _digest(session), sessions.c.until > now)
    row = connection.execute(_PEOPLE.join(sessions, of).where(*valid)).one_or_none()
    return None if row is None else Person(*row)


_PEOPLE = select(people.c.number, people.c.name, people.c.pseudonym, people.c.simulated)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
