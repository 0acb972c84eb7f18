"""The twin of the wallets."""

from collections.abc import Iterable
from dataclasses import replace

from pilotfish.domain.wallets import Wallet


class MemoryWallets:
    def __init__(self) -> None:
        self.saved: dict[str, Wallet] = {}

    def of(self, account_ids: Iterable[str]) -> dict[str, Wallet]:
        return {name: self.saved[name] for name in account_ids if name in self.saved}

    def save(self, wallet: Wallet) -> None:
        known = self.saved.get(wallet.account_id, Wallet(wallet.account_id, wallet.venue))
        if wallet.error:
            wallet = replace(known, error=wallet.error, error_ms=wallet.error_ms)
        elif not wallet.levels_ms:
            wallet = replace(wallet, levels=known.levels, levels_ms=known.levels_ms)
        self.saved[wallet.account_id] = wallet
