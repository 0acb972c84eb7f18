"""A token lets in whom its issuer names, for as long as it says, and nobody else."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from pilotfish.adapters import tokens as tokens_module
from pilotfish.adapters.tokens import BadToken, Tokens
from pilotfish.domain.origins import admitted
from pilotfish.domain.viewers import Viewer
from pilotfish.usecases.admit import Admit
from tests.unit.live.issuer import ANOTHER, Issuer, part

NOW_MS = 1_900_000_000_000


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def tokens(issuer: Issuer) -> Tokens:
    return Tokens(issuer.url, "client-1", fetch=issuer.fetch)


def test_an_access_token_names_its_user_until_it_expires(issuer: Issuer, tokens: Tokens) -> None:
    assert tokens.verify(issuer.token(), NOW_MS) == Viewer("ada", until_ms=2_000_000_000_000)
    assert issuer.fetched == [f"{issuer.url}/.well-known/jwks.json"]


def test_an_id_token_lets_nobody_in(issuer: Issuer, tokens: Tokens) -> None:
    token = issuer.token(token_use="id", aud="client-1")
    with pytest.raises(BadToken, match="access token"):
        tokens.verify(token, NOW_MS)


def test_keys_may_be_published_elsewhere(issuer: Issuer) -> None:
    tokens = Tokens(issuer.url, "client-1", "https://keys.example/pool/", issuer.fetch)
    assert tokens.verify(issuer.token(), NOW_MS).user == "ada"
    assert issuer.fetched == ["https://keys.example/pool/.well-known/jwks.json"]


def test_who_is_in_the_group_is_an_operator(issuer: Issuer, tokens: Tokens) -> None:
    for groups, operator in ([["operator"], True], [["users"], False], ["operator", False]):
        token = issuer.token(**{"cognito:groups": groups})
        assert tokens.verify(token, NOW_MS).operator is operator


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": NOW_MS // 1000},
        {"exp": None},
        {"exp": True},
        {"exp": "2000000000"},
        {"iss": "https://issuer.example/other"},
        {"iss": None},
        {"client_id": "client-2"},
        {"client_id": None, "aud": "client-1"},
        {"client_id": None},
        {"token_use": "refresh"},
        {"token_use": None},
        {"sub": ""},
        {"sub": None},
        {"sub": 7},
    ],
)
def test_what_a_token_says_has_to_be_right(
    issuer: Issuer, tokens: Tokens, claims: dict[str, Any]
) -> None:
    with pytest.raises(BadToken):
        tokens.verify(issuer.token(**claims), NOW_MS)


def test_a_token_that_another_signed_is_nobodys(issuer: Issuer, tokens: Tokens) -> None:
    with pytest.raises(BadToken, match="signature"):
        tokens.verify(issuer.token(key=ANOTHER), NOW_MS)


@pytest.mark.parametrize("alg", ["none", "HS256", "RS512", "", None])
def test_no_other_algorithm_is_taken(issuer: Issuer, tokens: Tokens, alg: object) -> None:
    with pytest.raises(BadToken, match="RS256"):
        tokens.verify(issuer.token(header={"alg": alg}), NOW_MS)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_token_that_was_changed_is_nobodys(issuer: Issuer, tokens: Tokens, place: int) -> None:
    parts = issuer.token().split(".")
    middle = len(parts[place]) // 2
    swapped = "A" if parts[place][middle] != "A" else "B"
    parts[place] = parts[place][:middle] + swapped + parts[place][middle + 1 :]
    with pytest.raises(BadToken):
        tokens.verify(".".join(parts), NOW_MS)


@pytest.mark.parametrize(
    "token",
    ["", "a", "a.b", "a.b.c", "....", "é.é.é", f"{part(b'[]')}.x.y", "x" * 9_000, "a.b.c.d"],
)
def test_what_is_no_token_is_none(tokens: Tokens, token: str) -> None:
    with pytest.raises(BadToken):
        tokens.verify(token, NOW_MS)


def test_a_signature_that_is_only_padded_right_is_wrong(issuer: Issuer, tokens: Tokens) -> None:
    head, body, _ = issuer.token().split(".")
    for signature in (b"", b"\x00" * 256, b"\xff" * 256, b"\x01" * 255):
        with pytest.raises(BadToken, match="signature"):
            tokens.verify(f"{head}.{body}.{part(signature)}", NOW_MS)


def test_keys_are_fetched_again_for_one_that_is_new_but_not_for_every_guess(
    issuer: Issuer, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000_000.0
    monkeypatch.setattr(tokens_module.time, "monotonic", lambda: now)
    tokens.verify(issuer.token(), NOW_MS)
    issuer.published["k2"] = ANOTHER
    fresh = issuer.token(header={"kid": "k2"}, key=ANOTHER)
    for _ in range(5):
        with pytest.raises(BadToken, match="unknown key"):
            tokens.verify(fresh, NOW_MS)
    assert len(issuer.fetched) == 1
    now += tokens_module.LOOK_AGAIN_S + 1
    assert tokens.verify(fresh, NOW_MS).user == "ada"
    assert len(issuer.fetched) == 2


def test_short_keys_are_not_trusted(issuer: Issuer, tokens: Tokens) -> None:
    issuer.published["k1"] = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    with pytest.raises(BadToken, match="unknown key"):
        tokens.verify(issuer.token(key=issuer.published["k1"]), NOW_MS)


@pytest.mark.parametrize(("url", "audience"), [("", "client-1"), (Issuer.url, "")])
def test_without_issuer_or_audience_no_token_is_good(
    issuer: Issuer, url: str, audience: str
) -> None:
    with pytest.raises(BadToken):
        Tokens(url, audience, fetch=issuer.fetch).verify(issuer.token(client_id=audience), NOW_MS)


class NoTickets:
    """Nobody has one."""

    def redeem(self, ticket: str, now_ms: int) -> Viewer | None:
        return None


def test_nobody_is_let_in_when_the_keys_cannot_be_read(issuer: Issuer) -> None:
    def down(_: str) -> bytes:
        raise OSError("no route")

    for fetch in (down, lambda _: b"<html>", lambda _: json.dumps({"keys": [{}]}).encode()):
        admit = Admit(tickets=NoTickets(), tokens=Tokens(issuer.url, "client-1", fetch=fetch))
        viewer, why = admit("", f"Bearer {issuer.token()}", NOW_MS)
        assert viewer is None
        assert why.startswith("token")


def test_a_ticket_that_is_no_good_is_not_helped_by_a_token(issuer: Issuer, tokens: Tokens) -> None:
    admit = Admit(tickets=NoTickets(), tokens=tokens)
    assert admit("guessed", f"Bearer {issuer.token()}", NOW_MS) == (None, "ticket")
    assert admit("", f"bearer {issuer.token()}", NOW_MS)[0] == Viewer(
        "ada", until_ms=2_000_000_000_000
    )
    assert admit("", issuer.token(), NOW_MS) == (None, "nothing")


@pytest.mark.parametrize(
    ("origin", "allowed", "expected"),
    [
        (None, "", True),
        ("", "", True),
        ("https://app.example", "", False),
        ("https://app.example", "https://app.example", True),
        ("https://APP.example/", " https://other.example , https://app.example/ ", True),
        ("http://app.example", "https://app.example", False),
        ("https://app.example.evil", "https://app.example", False),
        ("null", "https://app.example", False),
        ("https://any.example", "*", True),
    ],
)
def test_origins(origin: str | None, allowed: str, expected: bool) -> None:
    assert admitted(origin, allowed) is expected
