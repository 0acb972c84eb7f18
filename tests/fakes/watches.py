"""The twin of what is remembered of follows whose losses are limited."""

from pilotfish.domain.losses import Watch


class MemoryWatches:
    def __init__(self) -> None:
        self.saved: dict[str, Watch] = {}

    def of(self, follow_id: str) -> Watch | None:
        return self.saved.get(follow_id)

    def save(self, follow_id: str, watch: Watch) -> bool:
        before = self.saved.get(follow_id)
        if before is not None and before.at_ms >= watch.at_ms:
            return False
        self.saved[follow_id] = watch
        return True
