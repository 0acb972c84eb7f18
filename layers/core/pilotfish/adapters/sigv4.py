"""AWS Signature Version 4 for small requests to one service, with the day's key derived once."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """An access key as it is now; `token` is None for a long-lived one."""

    access_key: str
    secret_key: str
    token: str | None


class Signer:
    """Signs host, date, token and body of a request without query string."""

    def __init__(self, keys: Callable[[], Keys], *, region: str, service: str) -> None:
        self._keys = keys
        self._region = region
        self._service = service
        self._derived: tuple[str, str, bytes] = ("", "", b"")

    def headers(
        self, host: str, path: str, body: bytes, now: datetime, method: str = "POST"
    ) -> str:
        """The header lines of the request, with `Host`; `path` is percent-encoded as it is sent."""
        keys = self._keys()
        stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        signed, lines = "host;x-amz-date", f"host:{host}\nx-amz-date:{stamp}\n"
        if keys.token:
            signed += ";x-amz-security-token"
            lines += f"x-amz-security-token:{keys.token}\n"
        canonical = "\n".join(
            (method, quote(path, safe="/~"), "", lines, signed, sha256(body).hexdigest())
        )
        scope = f"{stamp[:8]}/{self._region}/{self._service}/aws4_request"
        to_sign = f"{ALGORITHM}\n{stamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        key = self._signing_key(keys.secret_key, stamp[:8])
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        credential = f"{keys.access_key}/{scope}"
        return lines.replace("\n", "\r\n") + (
            f"authorization:{ALGORITHM} Credential={credential}, "
            f"SignedHeaders={signed}, Signature={signature}\r\n"
        )

    def _signing_key(self, secret: str, day: str) -> bytes:
        known_secret, known_day, key = self._derived
        if (known_secret, known_day) != (secret, day):
            key = f"AWS4{secret}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._derived = (secret, day, key)
        return key
