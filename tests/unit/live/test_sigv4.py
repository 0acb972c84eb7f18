"""Our signature held against botocore's, over requests of every shape that we send."""

import random
import string
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from pilotfish.adapters.sigv4 import Keys, Signer

ENDPOINTS = [
    ("https", "abc123.execute-api.eu-west-1.amazonaws.com", "/live"),
    ("http", "127.0.0.1:45821", "/_aws/execute-api/a1b2c3d4/live"),
    ("https", "push.example.org:8443", "/a b~c/$default".replace(" ", "%20")),
]


def botocores(
    monkeypatch: pytest.MonkeyPatch, keys: Keys, region: str, url: str, body: bytes, now: datetime
) -> dict[str, str]:
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: now)
    request = AWSRequest(method="POST", url=url, data=body)
    credentials = Credentials(keys.access_key, keys.secret_key, keys.token)
    SigV4Auth(credentials, "execute-api", region).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


def ours(signer: Signer, host: str, path: str, body: bytes, now: datetime) -> dict[str, str]:
    lines = signer.headers(host, path, body, now).removesuffix("\r\n").split("\r\n")
    return dict(line.split(":", 1) for line in lines)


def test_the_signature_is_botocores(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(20251121)
    letters = string.ascii_letters + string.digits + "+/=-_~. "

    def word(length: int) -> str:
        return "".join(dice.choices(letters, k=length))

    current = Keys("", "", None)
    signer = Signer(lambda: current, region="eu-west-1", service="execute-api")
    now = datetime(2025, 12, 31, 23, 0, tzinfo=UTC)
    for round_ in range(300):
        if round_ % 10 == 0:  # The keys change under the signer, and the day with them.
            token = "".join(word(200).split()) if dice.random() < 0.7 else None
            current = Keys(word(20).replace(" ", ""), word(40), token)
        now += timedelta(minutes=dice.randrange(60))
        scheme, host, prefix = dice.choice(ENDPOINTS)
        path = f"{prefix}/@connections/{quote('c' + word(15), safe='')}"
        body = dice.randbytes(dice.choice([0, 1, 40, 30_000]))
        expected = botocores(
            monkeypatch, current, "eu-west-1", f"{scheme}://{host}{path}", body, now
        )
        signed: dict[str, Any] = ours(signer, host, path, body, now)
        assert signed.pop("host") == host
        assert signed == expected


def test_the_keys_do_not_show_when_printed() -> None:
    assert "s3cr3t" not in repr(Keys("AKID", "s3cr3t", "t0k3n"))
