"""What the committed studies say of the paper's claims C1 to C5, by rules that were written before the results.

Source of the claims: Alkhalefi, Leontidis, Zhong, Enhancing Self-Supervised Learning with Semantic Pairs: A New Dataset
and Empirical Study, arXiv 2510.08722. Data, budgets and rules of judgement are ours.
"""

from collections.abc import Callable, Mapping

from sempairs.study.claims import families, gains, invariances
from sempairs.study.claims.evidence import Evidence
from sempairs.study.claims.verdicts import Answer, Claim, Effect, Verdict

__all__ = ["Answer", "Claim", "Effect", "Evidence", "Verdict", "answers"]


def answers(studies: Mapping[str, Evidence]) -> dict[str, Answer]:
    """The answers to C1 to C5, from the studies main, nuisance, augmentation and architecture.

    A study that has no results leaves undecided what it was to decide.
    """

    def asked(study: str, claim: Claim, judge: Callable[[Evidence], Answer]) -> Answer:
        if study in studies:
            return judge(studies[study])
        return Answer(claim=claim, verdict="undecided", problems=(f"the study {study} has no results yet",))

    return {
        "C1": asked("main", gains.C1, gains.transfer),
        "C2": asked("main", gains.C2, gains.detection),
        "C3": asked("main", families.C3, families.families),
        "C4": invariances.invariances(
            [
                asked("main", invariances.C4_INVARIANCE, invariances.invariance),
                asked("nuisance", invariances.C4_STYLE, invariances.style),
                asked("augmentation", invariances.C4_REMOVED, invariances.removed),
            ]
        ),
        "C5": asked("architecture", gains.C5, gains.architecture),
    }
