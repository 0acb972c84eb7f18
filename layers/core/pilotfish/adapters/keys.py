"""API keys sealed with KMS and AES-256-GCM, bound to user, account and version of the key.

Layout of a sealed key: algorithm (1 byte), length of the wrapped data key (2 bytes, big endian),
the wrapped data key, nonce (12 bytes), ciphertext with its tag. The encryption context of KMS is
the associated data of AES-GCM too, beside the algorithm: what is moved to another account or user,
or put back after the key was changed, does not open.

Once a key is taken, its wrapped data key is kept apart from it (`parted`), where there are no
backups: when that is deleted, no copy of the ciphertext opens any more, whoever has one.
"""

import asyncio
import hashlib
import json
import struct
from typing import TYPE_CHECKING, Protocol

from nacl.bindings import (
    crypto_aead_aes256gcm_decrypt,
    crypto_aead_aes256gcm_encrypt,
)
from nacl.exceptions import CryptoError
from nacl.utils import random

from pilotfish.domain.accounts import Account, Credentials
from pilotfish.domain.errors import Rejected

if TYPE_CHECKING:
    from mypy_boto3_kms.client import KMSClient

AES_256_GCM = 1
NONCE_BYTES = 12
HEADER = struct.Struct(">BH")


def _context(owner: str, account_id: str, version: int) -> dict[str, str]:
    return {"account": account_id, "key_version": str(version), "owner": owner}


def _associated_data(context: dict[str, str]) -> bytes:
    told = json.dumps(context, sort_keys=True, separators=(",", ":"))
    return bytes([AES_256_GCM]) + told.encode()


def fingerprint(credentials: Credentials) -> str:
    """Tells an API key from others; from it nobody finds a key that they do not have."""
    return hashlib.sha256(b"pilotfish/api-key/" + credentials.api_key.encode()).hexdigest()


class KeySealer:
    """Seals keys; who may do this cannot open them again."""

    def __init__(self, kms: "KMSClient", key_id: str) -> None:
        self._kms = kms
        self._key_id = key_id

    def __call__(
        self, owner: str, account_id: str, credentials: Credentials, version: int = 1
    ) -> bytes:
        """Ciphertext that opens for this version of this account's key; a fresh data key each."""
        context = _context(owner, account_id, version)
        data_key = self._kms.generate_data_key(
            KeyId=self._key_id, KeySpec="AES_256", EncryptionContext=context
        )
        plain = json.dumps(
            {
                "api_key": credentials.api_key,
                "secret": credentials.secret,
                "password": credentials.password,
            }
        ).encode()
        nonce = random(NONCE_BYTES)
        sealed = crypto_aead_aes256gcm_encrypt(
            plain, _associated_data(context), nonce, data_key["Plaintext"]
        )
        wrapped = data_key["CiphertextBlob"]
        return HEADER.pack(AES_256_GCM, len(wrapped)) + wrapped + nonce + sealed


def parted(sealed: bytes) -> tuple[bytes, bytes]:
    """The wrapped data key, and the sealed key without it."""
    algorithm, wrapped_bytes = HEADER.unpack_from(sealed)
    rest = sealed[HEADER.size :]
    return rest[:wrapped_bytes], HEADER.pack(algorithm, 0) + rest[wrapped_bytes:]


class DataKeys(Protocol):
    """Where wrapped data keys are kept apart."""

    def __call__(self, account_id: str, version: int) -> bytes:
        """Empty when it was destroyed."""


class KeyOpener:
    """Opens sealed keys; only functions that talk to venues have the right to."""

    def __init__(self, kms: "KMSClient", key_id: str, data_keys: DataKeys) -> None:
        self._kms = kms
        self._key_id = key_id
        self._data_keys = data_keys
        exceptions = kms.exceptions
        self._refusals = exceptions.InvalidCiphertextException, exceptions.IncorrectKeyException

    async def __call__(self, account: Account) -> Credentials:
        """Raises `Rejected` for a key that was tampered with or belongs elsewhere."""
        return await asyncio.to_thread(self._open, account)

    def _open(self, account: Account) -> Credentials:
        if len(account.sealed_key) <= HEADER.size or account.sealed_key[0] != AES_256_GCM:
            raise Rejected(f"the stored key of {account.account_id} is of no known version")
        _, wrapped_bytes = HEADER.unpack_from(account.sealed_key)
        rest = account.sealed_key[HEADER.size :]
        wrapped, nonce = rest[:wrapped_bytes], rest[wrapped_bytes : wrapped_bytes + NONCE_BYTES]
        wrapped = wrapped or self._data_keys(account.account_id, account.key_version)
        if not wrapped:
            raise Rejected(f"the key of {account.account_id} was destroyed")
        context = _context(account.owner, account.account_id, account.key_version)
        try:
            data_key = self._kms.decrypt(
                CiphertextBlob=wrapped, KeyId=self._key_id, EncryptionContext=context
            )["Plaintext"]
            plain = crypto_aead_aes256gcm_decrypt(
                rest[wrapped_bytes + NONCE_BYTES :], _associated_data(context), nonce, data_key
            )
        except (*self._refusals, CryptoError) as error:
            raise Rejected(f"the stored key of {account.account_id} does not open") from error
        return Credentials(**json.loads(plain))
