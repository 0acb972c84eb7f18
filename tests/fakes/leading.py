"""Twins of what leaders show, and of the codes that they hand out."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from pilotfish.domain.invitations import Invitation
from pilotfish.domain.leaders import FIGURES, NEWEST, SORTS, Leader, Wanted
from pilotfish.domain.places import Place
from tests.fakes.tables import Tables


class MemoryLeaders:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, leader_id: str) -> Leader | None:
        return self._tables.leaders.get(leader_id)

    def of(self, leader_ids: list[str]) -> list[Leader]:
        known = self._tables.leaders
        return [known[each] for each in sorted({*leader_ids}) if each in known]

    def save(self, leader: Leader) -> bool:
        stored = self._tables.leaders.get(leader.leader_id)
        if (stored.version if stored else 0) != leader.version:
            return False
        figures, computed_ms = (stored.figures, stored.computed_ms) if stored else ({}, 0)
        self._tables.leaders[leader.leader_id] = replace(
            leader, version=leader.version + 1, figures=figures, computed_ms=computed_ms
        )
        return True

    def save_figures(
        self, leader_id: str, figures: Mapping[str, Decimal | None], computed_ms: int
    ) -> bool:
        if unknown := {*figures} - {*FIGURES}:
            raise KeyError(f"there is no figure {sorted(unknown)[0]}")
        stored = self._tables.leaders.get(leader_id)
        if stored is None or stored.computed_ms > computed_ms:
            return False
        both = {**stored.figures, **figures}
        known = {name: value for name, value in both.items() if value is not None}
        finite = {name: value for name, value in known.items() if value.is_finite()}
        after = replace(stored, figures=finite, computed_ms=computed_ms)
        self._tables.leaders[leader_id] = after
        return True

    def listed(
        self, wanted: Wanted, after: Place | None, limit: int
    ) -> tuple[list[Leader], Place | None]:
        sort = SORTS[wanted.sort]
        public = [one for one in self._tables.leaders.values() if one.public]
        having = [one for one in public if sort.by == NEWEST or sort.by in one.figures]
        having.sort(key=lambda one: self._rank(one, wanted.sort), reverse=sort.descending)
        if after is not None:
            last = (Decimal(after.sk), after.pk)
            beyond = [(self._rank(one, wanted.sort), one) for one in having]
            having = [
                one for rank, one in beyond if (rank < last if sort.descending else rank > last)
            ]
        page = having[:limit]
        return page, self.place(page[-1], wanted.sort) if len(having) > limit else None

    def place(self, leader: Leader, sort: str) -> Place:
        figure, leader_id = self._rank(leader, sort)
        return Place(leader_id, str(figure))

    def _rank(self, leader: Leader, sort: str) -> tuple[Decimal, str]:
        by = SORTS[sort].by
        figure = Decimal(leader.published_ms) if by == NEWEST else leader.figures[by]
        return figure, leader.leader_id


class MemoryInvitations:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, made: Invitation) -> None:
        self._tables.invitations[made.leader_id, made.invitation_id] = made

    def get(self, leader_id: str, invitation_id: str) -> Invitation | None:
        return self._tables.invitations.get((leader_id, invitation_id))

    def of_leader(self, leader_id: str) -> list[Invitation]:
        made = [one for one in self._tables.invitations.values() if one.leader_id == leader_id]
        return sorted(made, key=lambda one: -one.created_ms)

    def revoke(self, leader_id: str, invitation_id: str) -> bool:
        made = self.get(leader_id, invitation_id)
        if made is None:
            return False
        self.add(replace(made, revoked=True))
        return True
