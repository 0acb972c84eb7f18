"""API keys sealed with KMS and AES-256-GCM, bound to their user and account.

Layout of a sealed key: version (1 byte), length of the wrapped data key (2 bytes, big endian),
the wrapped data key, nonce (12 bytes), ciphertext with its tag. The encryption context of KMS and
the associated data of AES-GCM are the same, so a sealed key that is moved to another account or
user does not open.
"""

import asyncio
import json
import struct
from typing import TYPE_CHECKING

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

VERSION = 1
NONCE_BYTES = 12
HEADER = struct.Struct(">BH")


def _context(owner: str, account_id: str) -> dict[str, str]:
    return {"account": account_id, "owner": owner}


def _associated_data(context: dict[str, str]) -> bytes:
    return json.dumps(context, sort_keys=True, separators=(",", ":")).encode()


def seal(
    kms: "KMSClient", key_id: str, owner: str, account_id: str, credentials: Credentials
) -> bytes:
    """Ciphertext that opens for this owner and account alone; a fresh data key each time."""
    context = _context(owner, account_id)
    data_key = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256", EncryptionContext=context)
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
    return HEADER.pack(VERSION, len(wrapped)) + wrapped + nonce + sealed


class KeyOpener:
    """Opens sealed keys; only functions that talk to venues have the right to."""

    def __init__(self, kms: "KMSClient", key_id: str) -> None:
        self._kms = kms
        self._key_id = key_id
        exceptions = kms.exceptions
        self._refusals = exceptions.InvalidCiphertextException, exceptions.IncorrectKeyException

    async def __call__(self, account: Account) -> Credentials:
        """Raises `Rejected` for a key that was tampered with or belongs elsewhere."""
        return await asyncio.to_thread(self._open, account)

    def _open(self, account: Account) -> Credentials:
        if len(account.sealed_key) <= HEADER.size or account.sealed_key[0] != VERSION:
            raise Rejected(f"the stored key of {account.account_id} is of no known version")
        _, wrapped_bytes = HEADER.unpack_from(account.sealed_key)
        rest = account.sealed_key[HEADER.size :]
        wrapped, nonce = rest[:wrapped_bytes], rest[wrapped_bytes : wrapped_bytes + NONCE_BYTES]
        context = _context(account.owner, account.account_id)
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
