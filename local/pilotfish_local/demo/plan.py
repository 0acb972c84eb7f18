"""What a run of the demo does."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Plan:
    """`pause_s` is between leaders' orders; `bases` are traded alone when there are recordings."""

    leaders: int = 1
    followers: int = 10
    fills: int = 40
    seed: int = 7
    venue: str = "binanceusdm"
    pause_s: float = 0.25
    replays: tuple[Path, ...] = ()
    bases: tuple[str, ...] = ()
    warm_up: bool = True

    @property
    def market(self) -> str:
        """Where the prices come from, in words."""
        if self.replays:
            return f"{self.venue}, recorded trades of {', '.join(p.name for p in self.replays)}"
        return f"{self.venue}, a random walk from seed {self.seed}"
