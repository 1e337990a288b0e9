"""A stranger decrypts a document with the page docs/spec/vault-format.md and Tink: none of the vault's code is used."""

import base64
import hashlib
import hmac
import io
import json
import os
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import tink
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from tink import secret_key_access, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2


def unwrap(key: bytes, wrapped: bytes, context: bytes) -> bytes:
    return AESGCM(key).decrypt(wrapped[:12], wrapped[12:], context)


def derived(secret: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"scelle-vault-1 {purpose}".encode()).derive(secret)


def tinks(key: bytes) -> Any:
    streaming_aead.register()
    message = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(key_value=key)
    message.params.hkdf_hash_type = common_pb2.HashType.SHA256
    message.params.derived_key_size = 32
    message.params.ciphertext_segment_size = 1_048_576
    keyset = tink_pb2.Keyset(primary_key_id=1)
    entry = keyset.key.add(key_id=1, status=tink_pb2.ENABLED, output_prefix_type=tink_pb2.RAW)
    entry.key_data.type_url = "type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey"
    entry.key_data.value = message.SerializeToString()
    entry.key_data.key_material_type = tink_pb2.KeyData.SYMMETRIC
    handle = tink.proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)


@pytest.mark.covers("C-14")
def test_the_page_about_the_format_is_enough_to_decrypt(vault: Any, s3: Any) -> None:
    content = b"%PDF-1.7\n" + os.urandom((8 << 20) + 1000)
    ticket = vault.ticket(content)
    assert vault.put(ticket, content).status_code == 201
    (_, told), _ = vault.events()

    bucket = s3.access.client()
    names = sorted(one.object_name for one in bucket.list_objects(bucket_name=s3.name, recursive=True))
    held = {name.partition("/")[2]: bucket.get_object(bucket_name=s3.name, object_name=name).data for name in names}
    manifest = json.loads(held["manifest"])
    assert hashlib.sha256(held["manifest"]).hexdigest() == told["manifest_sha256"]
    for number, part in enumerate(manifest["parts"]):
        assert part == {"sha256": hashlib.sha256(held[f"{number:05d}"]).hexdigest(), "size": len(held[f"{number:05d}"])}

    address = b"scelle-vault-1\0" + b"".join(UUID(manifest[name]).bytes for name in ("office", "document", "version"))
    assert len(address) == 63
    with vault.parts.store.connection() as connection:
        keys = connection.execute(
            "SELECT d.wrapped AS data, o.wrapped AS office, number FROM vault.data_key AS d, vault.office_key AS o"
        ).fetchone()
    master = base64.b64decode(Path(vault.settings.master_key_file).read_text().split("\n")[0].split()[-1])
    office_key = unwrap(master, keys["office"], f"scelle-vault-1 office {manifest['office']} {keys['number']}".encode())
    data_key = unwrap(office_key, keys["data"], address)
    assert derived(data_key, "commitment").hex() == manifest["key_commitment"]
    body = json.dumps(
        {name: manifest[name] for name in manifest if name != "mac"}, sort_keys=True, separators=(",", ":")
    )
    assert hmac.digest(derived(data_key, "manifest"), body.encode(), "sha256").hex() == manifest["mac"]

    cipher, plain = tinks(derived(data_key, "parts")), b""
    for number in range(len(manifest["parts"])):
        last = number == len(manifest["parts"]) - 1
        associated = address + number.to_bytes(4, "big") + bytes([last])
        with cipher.new_decrypting_stream(io.BytesIO(held[f"{number:05d}"]), associated) as stream:
            plain += stream.read()
    assert plain == content
