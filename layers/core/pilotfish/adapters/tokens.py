"""Bearer tokens of an OpenID provider, RS256, verified with its published keys."""

import base64
import binascii
import hmac
import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from pilotfish.domain.viewers import OPERATOR, Viewer

KEYS_PATH = "/.well-known/jwks.json"
KEYS_TTL_S = 3_600
# An unknown key is asked for at most so often: it costs us a request.
LOOK_AGAIN_S = 60
TIMEOUT_S = 3.0
LONGEST = 8_192
LEAST_MODULUS_BYTES = 256

# What PKCS #1 v1.5 puts before a SHA-256 digest.
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")

Fetch = Callable[[str], bytes]


class BadToken(Exception):
    """Why a token lets nobody in."""


class Tokens:
    """Tokens of one issuer for one audience; without an issuer there are none.

    An id token lets nobody in. Who is in the group `operator` is one.
    """

    def __init__(
        self, issuer: str, audience: str, keys: str = "", fetch: Fetch | None = None
    ) -> None:
        self._issuer = issuer.rstrip("/")
        self._audience = audience
        self._published = (keys or issuer).rstrip("/") + KEYS_PATH
        self._fetch = fetch or _get
        self._keys: dict[str, tuple[int, int]] = {}
        self._read_at = -float(KEYS_TTL_S)

    def verify(self, token: str, now_ms: int) -> Viewer:
        """Whom the token was issued to, until it expires; raises `BadToken`."""
        if not self._issuer:
            raise BadToken("no issuer of tokens is known")
        if len(token) > LONGEST or token.count(".") != 2:
            raise BadToken("this is no token")
        signed, _, signature = token.rpartition(".")
        head, _, body = signed.partition(".")
        header = _object(head)
        if header.get("alg") != "RS256":
            raise BadToken("tokens are signed with RS256")
        modulus, exponent = self._key(str(header.get("kid")))
        if not _signed(signed.encode(), _decoded(signature), modulus, exponent):
            raise BadToken("the signature is wrong")
        return self._viewer(_object(body), now_ms)

    def _viewer(self, claims: Mapping[str, Any], now_ms: int) -> Viewer:
        use, until_s = claims.get("token_use"), claims.get("exp")
        if claims.get("iss") != self._issuer:
            raise BadToken("another issuer's")
        if use != "access":
            raise BadToken("no access token")
        if not self._audience or claims.get("client_id") != self._audience:
            raise BadToken("for another audience")
        if not isinstance(until_s, int) or isinstance(until_s, bool) or now_ms >= until_s * 1000:
            raise BadToken("expired")
        user, groups = claims.get("sub"), claims.get("cognito:groups", [])
        if not isinstance(user, str) or not user:
            raise BadToken("nobody's")
        operator = isinstance(groups, list) and OPERATOR in groups
        return Viewer(user, operator, until_s * 1000)

    def _key(self, key_id: str) -> tuple[int, int]:
        age_s = time.monotonic() - self._read_at
        if age_s > KEYS_TTL_S or (key_id not in self._keys and age_s > LOOK_AGAIN_S):
            self._read_at = time.monotonic()
            self._keys = _keys(self._fetch(self._published))
        if key_id not in self._keys:
            raise BadToken("signed with an unknown key")
        return self._keys[key_id]


def _signed(message: bytes, signature: bytes, modulus: int, exponent: int) -> bool:
    """RSASSA-PKCS1-v1_5: the whole padded block is compared, so nothing can hide in it."""
    length = (modulus.bit_length() + 7) // 8
    value = int.from_bytes(signature)
    if len(signature) != length or value >= modulus:
        return False
    tail = _DIGEST_INFO + sha256(message).digest()
    expected = b"\x00\x01" + b"\xff" * (length - len(tail) - 3) + b"\x00" + tail
    return hmac.compare_digest(pow(value, exponent, modulus).to_bytes(length), expected)


def _keys(answer: bytes) -> dict[str, tuple[int, int]]:
    """RSA keys by id; what is no such key, or a short one, is left out."""
    found = {}
    for key in json.loads(answer).get("keys", []):
        if key.get("kty") == "RSA" and key.get("use", "sig") == "sig":
            modulus = _decoded(key["n"])
            if len(modulus) >= LEAST_MODULUS_BYTES:
                found[str(key["kid"])] = int.from_bytes(modulus), int.from_bytes(_decoded(key["e"]))
    return found


def _object(part: str) -> dict[str, Any]:
    try:
        found = json.loads(_decoded(part))
    except ValueError as error:
        raise BadToken("this is no token") from error
    if not isinstance(found, dict):
        raise BadToken("this is no token")
    return found


def _decoded(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadToken("this is no token") from error


def _get(url: str) -> bytes:
    if not url.startswith(("https://", "http://127.0.0.1")):
        raise BadToken("keys are fetched over TLS")
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310
        return bytes(answer.read())
