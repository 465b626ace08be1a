"""What `sempairs review status`, `certify`, `export` and `import` do."""

from pathlib import Path

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write, write_json
from sempairs.review.agreement import agreement
from sempairs.review.people import people_reports
from sempairs.review.session import Review


def show_status(review: Review) -> None:
    """Print how far a review is."""
    done, certificate = review.store.counts(), review.certificate()
    votes = f"{done['given_votes']:,} of {done['wanted_votes']:,} votes"
    print(f"{review.store.name}: {votes} on {done['candidates']:,} pairs")
    table = Table("", "class", "similarity", "pairs", "judged", "accepted", "by chance, 95%", "to certify")
    for one in certificate.strata:
        similarity = "" if one.low is None or one.high is None else f"{one.low:.2f} to {one.high:.2f}"
        share = ""
        if one.acceptance is not None and one.acceptance_low is not None and one.acceptance_high is not None:
            share = f"{one.acceptance:.0%} [{100 * one.acceptance_low:.0f}, {100 * one.acceptance_high:.0f}]"
        more = "" if one.more is None else f"{one.more:,}"
        counts = (f"{one.pairs:,}", f"{one.judged:,}", f"{one.accepted:,}")
        table.add_row(str(one.number), one.name, similarity, *counts, share, more)
    Console().print(table)
    names = {person.number: person.name for person in review.store.people()}
    for report in people_reports(review.store.judgements(), review.candidates)[1:]:
        assert report.person is not None, "after the first, which is of all people"
        seconds = "" if report.seconds is None else f", {report.seconds:.1f} s each"
        passed = report.gold.missed_faults
        gold = f", {passed.count} of {passed.n} hidden false pairs accepted" if passed.n else ""
        print(f"{names[report.person]}: {report.judged:,} verdicts{seconds}{gold}")
    print("\n".join(certificate.sentences))


def show_certificate(review: Review, out: Path | None) -> bool:
    """Print what is certified; returns whether it is what was wanted."""
    if out is not None and out.suffix != ".json":
        raise UserError("the name must end in .json", got=str(out), todo=str(out.with_suffix(".json")))
    review.store.verify_chain()
    review.refresh()
    certificate = review.certificate()
    print("\n".join(certificate.sentences))
    if out is not None:
        write_json(out, certificate.to_json())
        print(f"certificate: {out}")
    return certificate.certified


def write_export(review: Review, out: Path) -> None:
    """Write the reviewed pair set, its votes, its certificate, the agreement and the chain of events."""
    from sempairs.review.exchange import annotations, write_chain, write_verdicts

    review.store.verify_chain()
    review.refresh()
    result, certificate = review.result(), review.certificate()
    result.save(out / "pairs.parquet")
    with atomic_write(out / "annotations.parquet") as file:
        pq.write_table(annotations(review.store), file, compression="zstd")
    write_verdicts(review.store, out / "verdicts.csv")
    write_json(out / "certificate.json", certificate.to_json())
    write_json(out / "agreement.json", agreement(review.store.judgements(), review.candidates).to_json())
    write_chain(review.store, out / "chain.jsonl")
    print(f"{len(result):,} pairs, {certificate.accepted:,} of them accepted by people: {out}")
    print("\n".join(certificate.sentences))


def take_over(review: Review, path: Path, person: str, simulated: bool) -> None:
    """Take over verdicts that were made elsewhere."""
    from sempairs.review.exchange import import_verdicts

    count = import_verdicts(review.store, path, person, simulated=simulated)
    review.refresh()
    print(f"{count:,} verdicts are new" + (", declared as simulated" if simulated else ""))
    print(review.certificate().sentence)
