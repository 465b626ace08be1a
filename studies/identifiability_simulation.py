"""Does contrastive learning keep content and drop style? A simulation of which the truth is known.

    python studies/identifiability_simulation.py              what is not in the results, one line for each law
    python studies/identifiability_simulation.py --seeds 3    two more of each

**Source**: von Kügelgen, Sharma, Gresele, Brendel, Schölkopf, Besserve, Locatello, Self-supervised learning with data
augmentations provably isolates content from style, NeurIPS 2021, arXiv 2106.04619, section 5.1 and table 1. Content c
and style s have 5 dimensions each; a pair is f(c, s) and f(c, s'), with f an invertible network. An encoder with 5
outputs learns by InfoNCE on Euclidean distances; then content and style are predicted from what it puts out.
**Departure**: less of everything (the constants below), Adam with a one-cycle schedule, and the other images of a batch
as negatives. Every style dimension changes in every pair; covariances are scaled Wishart matrices.

About 3 minutes a line on an idle core. Expected: content R2 >= .98; style R2 <= .05 under the independent law, and
under the causal one near .8, as much as the true content tells. Results: studies/identifiability_simulation.jsonl.
"""

import itertools
import json
from pathlib import Path
from typing import Annotated, Literal, get_args

import numpy as np
import torch
import torch.nn.functional as F
import typer
from jaxtyping import Float
from sklearn.metrics import r2_score
from torch import Tensor, nn

from sempairs.core.environment import environment
from sempairs.core.progress import progress
from sempairs.core.runs import JsonLines
from sempairs.core.seeds import rng, seed_of
from sempairs.evaluation.linear_models.ridge import predict

RESULTS = Path(__file__).with_suffix(".jsonl")
Law = Literal["independent", "statistical", "causal"]

D = 5  # dimensions of content, and of style
HIDDEN = (100, 100, 100)  # the paper: 100, 500, 500, 500, 500, 100
STEPS, BATCH, RATE = 8000, 512, 2e-3  # the paper's code: 100,001, 6144, 1e-4
LAYERS, CANDIDATES = 3, 25_000  # of f; each layer gets one of the best-conditioned of so many random matrices
ROWS = 2000  # to learn the regressions from, and as many to test them on


class Latents:
    """How content and style are drawn: c ~ N(0, Σ), s = a + c B + N(0, Σ'), s' = s + N(0, Σ'').

    Covariances are the identity, but Wishart under the statistical law; a and B are zero, but N(0, 1) under the causal.
    """

    def __init__(self, law: Law, seed: int) -> None:
        random = rng("simulated law", seed)
        normal = random.normal(size=(3, D, D)) / np.sqrt(D)
        roots = normal if law == "statistical" else np.broadcast_to(np.eye(D), (3, D, D)).copy()
        self.content, self.style, self.change = torch.tensor(roots, dtype=torch.float32)
        self.offset, self.effect = torch.zeros(D), torch.zeros(D, D)
        if law == "causal":
            self.offset = torch.tensor(random.normal(size=D), dtype=torch.float32)
            self.effect = torch.tensor(random.normal(size=(D, D)), dtype=torch.float32)

    def draw(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """c, s and s' of n pairs."""
        c, s, change = (torch.randn(n, D, generator=generator) for _ in range(3))
        c = c @ self.content
        s = self.offset + c @ self.effect + s @ self.style
        return c, s, s + change @ self.change


def mixing(seed: int, candidates: int = CANDIDATES) -> nn.Sequential:
    """f: square layers with columns of length 1, the best-conditioned of many, and leaky rectifiers between them."""
    matrices = rng("simulated mixing", seed).uniform(-1, 1, (candidates, 2 * D, 2 * D))
    matrices /= np.linalg.norm(matrices, axis=1, keepdims=True)
    layers: list[nn.Module] = []
    for matrix in matrices[np.linalg.cond(matrices).argsort()[:LAYERS]]:
        layers += [nn.Linear(2 * D, 2 * D, bias=False), nn.LeakyReLU(0.2)]
        layers[-2].weight = nn.Parameter(torch.tensor(matrix, dtype=torch.float32), requires_grad=False)
    return nn.Sequential(*layers[:-1])


def euclidean_info_nce(one: Float[Tensor, "n e"], other: Float[Tensor, "n e"]) -> Float[Tensor, ""]:
    """The cross-entropy of finding the partner among n by -|x - y|², mean of both directions, in nats."""
    squares = one.square().sum(dim=1)[:, None] + other.square().sum(dim=1) - 2 * one @ other.T
    logits = -squares
    partner = torch.arange(len(one))
    return (F.cross_entropy(logits, partner) + F.cross_entropy(logits.T, partner)) / 2


def learn(latents: Latents, mix: nn.Sequential, seed: int, steps: int, batch: int) -> nn.Sequential:
    """The encoder, trained on pairs that are drawn anew in every step."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of("simulated weights", seed))
        widths = (2 * D, *HIDDEN, D)
        layers = [part for a, b in itertools.pairwise(widths) for part in (nn.Linear(a, b), nn.LeakyReLU())]
        encoder = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(encoder.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.1)
    generator = torch.Generator().manual_seed(seed_of("simulated pairs", seed))
    with progress("contrastive learning", steps, "steps") as bar:
        for _ in range(steps):
            c, s, changed = latents.draw(batch, generator)
            views = mix(torch.cat([torch.cat([c, s], dim=1), torch.cat([c, changed], dim=1)]))
            loss = euclidean_info_nce(*encoder(views).chunk(2))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            bar()
            bar.note(f"loss {loss.item():.3f}")
    return encoder


def scores(latents: Latents, mix: nn.Sequential, encoder: nn.Sequential, seed: int, rows: int) -> dict[str, float]:
    """R2 of content and style on new draws, by linear and by kernel ridge regression."""

    def drawn(part: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        c, s, _ = latents.draw(rows, torch.Generator().manual_seed(seed_of("simulated", part, seed)))
        with torch.inference_mode():
            features = encoder(mix(torch.cat([c, s], dim=1)))
        return c.double().numpy(), s.double().numpy(), features.double().numpy()

    (c, s, x), (c_test, s_test, x_test) = drawn("to learn"), drawn("to test")
    known, truth, factors = np.concatenate([c, s], axis=1), (c_test, s_test), np.repeat([0, 1], D)
    linear, ridge = (np.split(predict(x, known, x_test, factors, kernel), 2, axis=1) for kernel in ("linear", "rbf"))
    found = {"style R2 from content": r2_score(s_test, predict(c, s, c_test, np.zeros(D, dtype=np.int64), "rbf"))}
    for number, name in enumerate(("content", "style")):
        found[f"{name} R2"] = r2_score(truth[number], ridge[number])
        found[f"{name} R2 linear"] = r2_score(truth[number], linear[number])
    return {name: round(float(value), 4) for name, value in found.items()}


def simulate(
    law: Law, seed: int, steps: int = STEPS, batch: int = BATCH, candidates: int = CANDIDATES, rows: int = ROWS
) -> dict[str, float]:
    """The whole simulation; R2 by name."""
    latents, mix = Latents(law, seed), mixing(seed, candidates)
    return scores(latents, mix, learn(latents, mix, seed, steps, batch), seed, rows)


def main(
    seeds: Annotated[int, typer.Option(help="How many; all laws with one, then with the next.")] = 1,
    results: Annotated[Path, typer.Option(help="A line of JSON for each simulation.")] = RESULTS,
) -> None:
    """Simulate what is not in the results."""
    lines = JsonLines(results)
    settings = {"steps": STEPS, "batch": BATCH, "candidates": CANDIDATES, "rows": ROWS}
    for seed in range(seeds):
        for law in get_args(Law):
            wanted = {"law": law, "seed": seed, "settings": settings}
            if not any(wanted.items() <= line.items() for line in lines.read()):
                lines.append({**wanted, "scores": simulate(law, seed, **settings), "environment": environment()})
                print(json.dumps(lines.read()[-1]["scores"]), law, seed, flush=True)


if __name__ == "__main__":
    typer.run(main)
