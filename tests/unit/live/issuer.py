"""An OpenID provider with keys of its own."""

import base64
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ANOTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """Signs tokens, and publishes its keys to whoever fetches them."""

    url = "https://issuer.example/pool"

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.published = {"k1": KEY}

    def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        keys = [
            {
                "kid": name,
                "kty": "RSA",
                "alg": "RS256",
                "use": "sig",
                "n": number(key.public_key().public_numbers().n),
                "e": number(key.public_key().public_numbers().e),
            }
            for name, key in self.published.items()
        ]
        return json.dumps({"keys": [*keys, {"kty": "EC", "kid": "ec"}]}).encode()

    def token(
        self, header: dict[str, Any] | None = None, key: rsa.RSAPrivateKey = KEY, **claims: Any
    ) -> str:
        head = {"alg": "RS256", "kid": "k1"} | (header or {})
        body = {
            "iss": self.url,
            "client_id": "client-1",
            "token_use": "access",
            "sub": "ada",
            "exp": 2_000_000_000,
        } | claims
        signed = f"{part(json.dumps(head).encode())}.{part(json.dumps(body).encode())}"
        signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{part(signature)}"


def part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def number(value: int) -> str:
    return part(value.to_bytes((value.bit_length() + 7) // 8))
