"""A sealed key opens for its own user and account alone."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from pilotfish.adapters import keys
from pilotfish.adapters.keys import KeyOpener, KeySealer, fingerprint, parted
from pilotfish.domain.accounts import Account, Credentials
from pilotfish.domain.errors import Rejected
from tests.fakes.samples import an_account

SECRET = Credentials("the key", "the secret", "the password")


@pytest.fixture(scope="module")
def kms() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("kms", region_name="us-east-1")


@pytest.fixture(scope="module")
def key_id(kms: Any) -> str:
    found: str = kms.create_key()["KeyMetadata"]["KeyId"]
    return found


def apart(account_id: str, version: int) -> bytes:
    """Of keys that have their data key with them."""
    return b""


@pytest.fixture
def account(kms: Any, key_id: str) -> Account:
    return an_account("mine", sealed_key=KeySealer(kms, key_id)("user-1", "mine", SECRET))


async def test_what_was_sealed_opens(kms: Any, key_id: str, account: Account) -> None:
    assert await KeyOpener(kms, key_id, apart)(account) == SECRET


def test_nothing_of_it_shows(account: Account) -> None:
    for word in (SECRET.api_key, SECRET.secret, SECRET.password):
        assert word.encode() not in account.sealed_key
        assert word not in repr(SECRET)


def test_the_same_key_is_never_sealed_the_same(kms: Any, key_id: str, account: Account) -> None:
    assert KeySealer(kms, key_id)("user-1", "mine", SECRET) != account.sealed_key


@pytest.mark.parametrize(
    "moved", [{"owner": "thief"}, {"account_id": "theirs"}, {"key_version": 2}]
)
async def test_it_does_not_open_elsewhere(
    kms: Any, key_id: str, account: Account, moved: dict[str, Any]
) -> None:
    with pytest.raises(Rejected, match="does not open"):
        await KeyOpener(kms, key_id, apart)(replace(account, **moved))


@pytest.mark.parametrize("position", [60, -20, -1])
async def test_it_does_not_open_when_a_byte_was_changed(
    kms: Any, key_id: str, account: Account, position: int
) -> None:
    tampered = bytearray(account.sealed_key)
    tampered[position] ^= 1
    with pytest.raises(Rejected, match="does not open"):
        await KeyOpener(kms, key_id, apart)(replace(account, sealed_key=bytes(tampered)))


@pytest.mark.parametrize("length", [0, 1, 3])
async def test_a_stump_is_told_apart(kms: Any, key_id: str, account: Account, length: int) -> None:
    stump = replace(account, sealed_key=account.sealed_key[:length])
    with pytest.raises(Rejected, match="mine"):
        await KeyOpener(kms, key_id, apart)(stump)


async def test_an_unknown_version_is_told_apart(kms: Any, key_id: str, account: Account) -> None:
    newer = b"\x02" + account.sealed_key[1:]
    with pytest.raises(Rejected, match="no known version"):
        await KeyOpener(kms, key_id, apart)(replace(account, sealed_key=newer))


async def test_the_algorithm_s_byte_is_sealed_too(
    kms: Any, key_id: str, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "AES_256_GCM", 2)
    later = b"\x02" + account.sealed_key[1:]
    with pytest.raises(Rejected, match="does not open"):
        await KeyOpener(kms, key_id, apart)(replace(account, sealed_key=later))


async def test_a_key_that_was_replaced_cannot_be_put_back(kms: Any, key_id: str) -> None:
    seal = KeySealer(kms, key_id)
    first, second = (seal("user-1", "mine", SECRET, version) for version in (1, 2))
    now = an_account("mine", sealed_key=second, key_version=2)
    assert await KeyOpener(kms, key_id, apart)(now) == SECRET
    with pytest.raises(Rejected, match="does not open"):
        await KeyOpener(kms, key_id, apart)(replace(now, sealed_key=first))


def test_a_fingerprint_tells_keys_apart_and_nothing_of_them() -> None:
    other = Credentials("another key", "the secret", "the password")
    assert fingerprint(SECRET) == fingerprint(replace(SECRET, secret="another secret"))
    assert fingerprint(SECRET) != fingerprint(other)
    assert SECRET.api_key not in fingerprint(SECRET)


async def test_a_key_opens_with_its_data_key_and_never_without(
    kms: Any, key_id: str, account: Account
) -> None:
    wrapped, sealed_key = parted(account.sealed_key)
    assert wrapped not in sealed_key
    alone = replace(account, sealed_key=sealed_key)
    asked = []

    def kept(account_id: str, version: int) -> bytes:
        asked.append((account_id, version))
        return wrapped

    assert await KeyOpener(kms, key_id, kept)(alone) == SECRET
    assert asked == [("mine", 1)]
    with pytest.raises(Rejected, match="destroyed"):
        await KeyOpener(kms, key_id, apart)(alone)
