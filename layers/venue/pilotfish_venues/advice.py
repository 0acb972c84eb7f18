"""What a person can do about a venue's refusal: data, by venue and by what the venue said.

The signs are matched with the venue's code and words (without case) in their order, the first that
fits counts; then what all venues have in common, and last the class of ccxt's error. Codes are from
the venues' API documents and from the tables of ccxt 4.5.90.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ccxt.base import errors as ccxt


class Trouble(StrEnum):
    """What is the matter, as far as a person has to do with it."""

    WRONG_KEY = "wrong_key"
    EXPIRED_KEY = "expired_key"
    NO_PERMISSION = "no_permission"
    IP_NOT_ALLOWED = "ip_not_allowed"
    KEY_REFUSED = "key_refused"
    MAINTENANCE = "maintenance"
    DELISTED = "delisted"
    OTHER_ACCOUNT = "other_account"


_ADVICE: Mapping[Trouble, str] = {
    Trouble.WRONG_KEY: "{venue} does not know the key, or the secret{passphrase} does not belong "
    "to it: copy the key and all that belongs to it again, with nothing before or after it",
    Trouble.EXPIRED_KEY: "the key has expired or was deleted at {venue}: make a new one there and "
    "connect the account with it",
    Trouble.NO_PERMISSION: "the key may not do this: switch on {permissions} for it at {venue}",
    Trouble.IP_NOT_ALLOWED: "{venue} takes this key from listed addresses only: add the address "
    "that Pilotfish calls from to the key, or take the restriction off",
    Trouble.KEY_REFUSED: "{venue} does not say which it is: see that the key is still there and "
    "was copied whole, that it has {permissions}, and that it takes the address that Pilotfish "
    "calls from",
    Trouble.MAINTENANCE: "{venue} is under maintenance or has halted trading: nothing is lost, "
    "Pilotfish goes on when it is back; its status page says when",
    Trouble.DELISTED: "{venue} does not trade this symbol, or no longer: leave it out of the "
    "follow's rules or map it to another one, and settle what is left of it there by hand",
    Trouble.OTHER_ACCOUNT: "{venue} keeps this account in another mode: connect it as {other}",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A venue as people call it, and what its keys need for copying, as its own page words it."""

    name: str
    permissions: str
    passphrase: bool = False
    other: str = ""  # The venue for accounts in another mode.


_BINANCE = "Enable Reading and Enable Spot & Margin Trading"
_BITGET = "Read-write with Orders and Holdings"
_DELTA = Place("Delta Exchange", "Read Data and Trading")
PLACES: Mapping[str, Place] = {
    "binance": Place("Binance", _BINANCE),
    "binanceusdm": Place("Binance", "Enable Reading and Enable Futures"),
    "coinbase": Place("Coinbase", "View and Trade"),
    "kraken": Place(
        "Kraken",
        "Query funds, Query open and closed orders & trades, Create & modify orders and Access "
        "WebSockets API",
    ),
    "krakenfutures": Place("Kraken Futures", "General API: Full Access"),
    "kucoin": Place("KuCoin", "General, Spot Trading and Futures Trading", passphrase=True),
    "bybit": Place("Bybit", "Read-Write with Orders and Positions of contracts and Spot trade"),
    "okx": Place("OKX", "Read and Trade", passphrase=True),
    "bitget": Place("Bitget", _BITGET, passphrase=True, other="bitgetuta"),
    "bitgetuta": Place("Bitget", _BITGET, passphrase=True, other="bitget"),
    "htx": Place("HTX", "Read and Trade"),
    "gate": Place("Gate", "Read and Write for Spot Trade, Perpetual Futures and Account"),
    "mexc": Place("MEXC", "Account: View, Spot and Futures: View and Trade"),
    "delta": _DELTA,
    "deltaindia": _DELTA,
    "kana": Place("Kana Labs", "nothing more than the key itself"),
}

Signs = tuple[tuple[str, Trouble], ...]

_BINANCE_SIGNS: Signs = (
    # -2015 says all three at once; a key that expired or was deleted gets it too.
    (r"-2015\b", Trouble.KEY_REFUSED),
    (r"-2008\b", Trouble.EXPIRED_KEY),  # "Invalid Api-Key ID": well formed, and not there
    (r"-2014\b|-1022\b|-1099\b", Trouble.WRONG_KEY),
    (r"-1002\b|-2017\b|this action is disabled on this account", Trouble.NO_PERMISSION),
    (r"-1005\b|-1011\b|white listed", Trouble.IP_NOT_ALLOWED),
    (r"-1016\b|-4400\b", Trouble.MAINTENANCE),
    (r"-1121\b|-4108\b|-4140\b|-4141\b|-4144\b|market is closed", Trouble.DELISTED),
)
_BITGET_SIGNS: Signs = (
    (r"\b40018\b|\b40038\b|\b30011\b", Trouble.IP_NOT_ALLOWED),
    (r"\b40037\b", Trouble.EXPIRED_KEY),
    (r"\b400(06|09|11|12)\b|\b40036\b|\b300(06|13|15)\b", Trouble.WRONG_KEY),
    (r"\b40014\b|\b40301\b|\b30028\b", Trouble.NO_PERMISSION),
    (r"\b40200\b|\b40308\b|\b41114\b|\b43115\b|\b30038\b", Trouble.MAINTENANCE),
    (r"\b40309\b|\b40034\b|\b30032\b", Trouble.DELISTED),
    (r"\b4008[45]\b", Trouble.OTHER_ACCOUNT),
)
_DELTA_SIGNS: Signs = (
    # The India host answers `ip_not_whitelisted_for_api_key` and names the address in `context`.
    (r"ip_?not_?whitelisted", Trouble.IP_NOT_ALLOWED),
    (r"api_?key_?expired|expired_?api_?key", Trouble.EXPIRED_KEY),
    (r"invalid_?api_?key|signature_?mismatch|invalid_?signature", Trouble.WRONG_KEY),
    (r"unauthorized_?api_?access", Trouble.NO_PERMISSION),
    (r"under_?maintenance|\bunavailable\b|market_disrupted", Trouble.MAINTENANCE),
    (r"invalid_contract|contract_?expired|unsupported_symbol", Trouble.DELISTED),
)
SIGNS: Mapping[str, Signs] = {
    "binance": _BINANCE_SIGNS,
    "binanceusdm": _BINANCE_SIGNS,
    "coinbase": (
        (r"ip address|whitelist|allowlist", Trouble.IP_NOT_ALLOWED),
        (r"expired_token|revoked_token|key.{0,20}(expired|revoked)", Trouble.EXPIRED_KEY),
        (r"PERMISSION_DENIED|missing required scopes|invalid_scope", Trouble.NO_PERMISSION),
        # A plain 401 with the one word, whatever is wrong with the key.
        (r"unauthorized|authentication_error|invalid signature", Trouble.KEY_REFUSED),
        (
            r"INVALID_PRODUCT_ID|valid product_id|product.{0,30}(not found|delisted)",
            Trouble.DELISTED,
        ),
        (r"trading is (disabled|unavailable)|\bUNAVAILABLE\b", Trouble.MAINTENANCE),
    ),
    "kraken": (
        # Kraken's answer for a key that is wrong, expired or deleted.
        (r"EAPI:Invalid key", Trouble.KEY_REFUSED),
        (r"EAPI:Invalid signature|ESession:Invalid session", Trouble.WRONG_KEY),
        (r"EAPI:.*\bIP\b|ip.{0,20}(not allowed|whitelist)", Trouble.IP_NOT_ALLOWED),
        (r"EGeneral:Permission denied|EAPI:Invalid permissions", Trouble.NO_PERMISSION),
        (r"EService:(Unavailable|Busy|Market in|Deadline)", Trouble.MAINTENANCE),
        (r"EQuery:(Unknown|Invalid) asset|ETrade:.*delist", Trouble.DELISTED),
    ),
    "krakenfutures": (
        # One word for a key that is wrong, expired, or used from elsewhere.
        (r"authenticationError", Trouble.KEY_REFUSED),
        (r"insufficientPermission|accountInactive|permission", Trouble.NO_PERMISSION),
        (r"ip.{0,20}(not allowed|whitelist)", Trouble.IP_NOT_ALLOWED),
        (r"contractNotFound|marketInactive|marketUnavailable|invalidSymbol", Trouble.DELISTED),
        (r"marketSuspended|\bunavailable\b", Trouble.MAINTENANCE),
    ),
    "kucoin": (
        (r"\b400006\b", Trouble.IP_NOT_ALLOWED),
        # "KC-API-KEY not exists": also of keys that were not used for long, which KuCoin deletes.
        (r"\b400003\b", Trouble.EXPIRED_KEY),
        (r"\b40000[145]\b", Trouble.WRONG_KEY),
        (r"\b400007\b|\b411100\b|require more permission", Trouble.NO_PERMISSION),
        (r"\b900001\b|\b400600\b|unsupported trading pair|symbol not exists", Trouble.DELISTED),
        (r"\b300000\b|\b200006\b|maintenance", Trouble.MAINTENANCE),
    ),
    "bybit": (
        (r"\b33004\b", Trouble.EXPIRED_KEY),
        (r"\b10003\b|\b10004\b|\b10007\b|invalid api_key|sign params error", Trouble.WRONG_KEY),
        (r"\b10010\b|\b10009\b", Trouble.IP_NOT_ALLOWED),
        (r"\b10005\b|\b10027\b|\b170201\b", Trouble.NO_PERMISSION),
        (r"\b10029\b|\b110074\b|\b170121\b|not supported symbols|symbol invalid", Trouble.DELISTED),
        (r"\b10019\b|\b170007\b|maintenance", Trouble.MAINTENANCE),
    ),
    "okx": (
        (r"\b50110\b|\b50035\b", Trouble.IP_NOT_ALLOWED),
        # 50119 "API key doesn't exist": OKX deletes trading keys that are not used for 14 days.
        (r"\b50119\b|\b60032\b|\b4007\b", Trouble.EXPIRED_KEY),
        (
            r"\b50(008|101|103|104|105|106|111|113|114)\b|\b600(05|07|09|24)\b",
            Trouble.WRONG_KEY,
        ),
        (r"\b50120\b|\b50030\b|\b50027\b|\b50100\b", Trouble.NO_PERMISSION),
        (r"\b51001\b|\b5102[1278]\b|\b51087\b", Trouble.DELISTED),
        (r"\b50001\b|\b50005\b|\b50013\b|\b51767\b|\b51774\b", Trouble.MAINTENANCE),
    ),
    "bitget": _BITGET_SIGNS,
    "bitgetuta": _BITGET_SIGNS,
    "htx": (
        # One code for everything about keys; the words after it tell.
        (r"has no permission|\b1220\b|no permission", Trouble.NO_PERMISSION),
        (r"\bip\b.{0,40}(not|white|bind)|(not|white|bind).{0,40}\bip\b", Trouble.IP_NOT_ALLOWED),
        (r"key.{0,20}expired|expired.{0,20}key", Trouble.EXPIRED_KEY),
        (
            r"incorrect access key|verification failure|api-signature|\b1003\b|invalid signature",
            Trouble.WRONG_KEY,
        ),
        (r"maintain|maintenance|gateway-internal", Trouble.MAINTENANCE),
        (
            r"base-symbol|invalid symbol|trade not open|\b101[34]\b|invalid-symbol",
            Trouble.DELISTED,
        ),
    ),
    "gate": (
        (r"IP_FORBIDDEN", Trouble.IP_NOT_ALLOWED),
        (r"KEY_EXPIRED|key.{0,20}expired", Trouble.EXPIRED_KEY),
        (
            r"INVALID_KEY|INVALID_SIGNATURE|INVALID_CREDENTIALS|AUTHENTICATION_FAILED",
            Trouble.WRONG_KEY,
        ),
        (r"READ_ONLY|FORBIDDEN|ACCOUNT_LOCKED", Trouble.NO_PERMISSION),
        (
            r"INVALID_CURRENCY|CONTRACT_NOT_FOUND|CONTRACT_IN_DELISTING|DELIST",
            Trouble.DELISTED,
        ),
        (r"CONTRACT_SUSPENDED|maintenance|TOO_BUSY", Trouble.MAINTENANCE),
    ),
    "mexc": (
        (r"\b700006\b|\b406\b", Trouble.IP_NOT_ALLOWED),
        # The same words for a wrong secret and for a key that expired after its 90 days.
        (r"\b70000[12]\b", Trouble.KEY_REFUSED),
        (r"\b402\b", Trouble.EXPIRED_KEY),
        (r"\b10072\b|\b602\b|\b10001\b|\b401\b", Trouble.WRONG_KEY),
        (r"\b700007\b|\b70011\b|\b511\b|\b70[1234]\b|\b30020\b", Trouble.NO_PERMISSION),
        (r"maintenance|\b604\b|\b801\b|\b11444\b", Trouble.MAINTENANCE),
        (r"-1121\b|\b10007\b|\b30014\b|\b30016\b|\b1001\b", Trouble.DELISTED),
    ),
    "delta": _DELTA_SIGNS,
    "deltaindia": _DELTA_SIGNS,
    "kana": ((r"\b40[13]\b", Trouble.KEY_REFUSED),),
}
ANYWHERE: Signs = (
    (r"maintenance|server upgrade|system upgrade", Trouble.MAINTENANCE),
    (r"\bip\b.{0,30}(whitelist|not allowed|forbidden)", Trouble.IP_NOT_ALLOWED),
    (r"api.?key.{0,20}expired", Trouble.EXPIRED_KEY),
    (r"delisted|delisting", Trouble.DELISTED),
)
CLASSES: Mapping[type[BaseException], Trouble] = {
    ccxt.PermissionDenied: Trouble.NO_PERMISSION,
    ccxt.AccountNotEnabled: Trouble.NO_PERMISSION,
    ccxt.AccountSuspended: Trouble.NO_PERMISSION,
    ccxt.AuthenticationError: Trouble.KEY_REFUSED,
    ccxt.BadSymbol: Trouble.DELISTED,
    ccxt.MarketClosed: Trouble.DELISTED,
    ccxt.OnMaintenance: Trouble.MAINTENANCE,
}


def trouble_of(venue: str, error: BaseException, said: str) -> Trouble | None:
    """What is the matter, by what the venue `said`; None where a person can do nothing."""
    if isinstance(error, ccxt.InvalidNonce):  # our clock, which is set at once
        return None
    if found := _first(SIGNS.get(venue, ()), said) or _first(ANYWHERE, said):
        return found
    listed = (CLASSES[parent] for parent in type(error).__mro__ if parent in CLASSES)
    return next(listed, None)


def refused(venue: str, said: str) -> bool:
    """Whether the venue surely took nothing, though ccxt does not know what it said."""
    return _first(SIGNS.get(venue, ()), said) not in {None, Trouble.MAINTENANCE}


def _first(signs: Signs, said: str) -> Trouble | None:
    fitting = (trouble for sign, trouble in signs if re.search(sign, said, re.IGNORECASE))
    return next(fitting, None)


def advice(venue: str, trouble: Trouble) -> str:
    """What to do, in one sentence."""
    place = PLACES.get(venue, Place(venue, "reading and trading"))
    return _ADVICE[trouble].format(
        venue=place.name,
        permissions=place.permissions,
        passphrase=" or the passphrase" if place.passphrase else "",
        other=place.other,
    )
