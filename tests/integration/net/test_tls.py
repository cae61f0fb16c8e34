import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sokbo.net.client import GuardedClient, Reason, RemoteFailure
from tests.integration.net.conftest import Serve
from tests.integration.net.remotes import Remote

HOST = "127.0.0.2"


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    """A server's context with a certificate that is right in all but its issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def test_self_signed_certificate_gets_no_request(client: GuardedClient, serve: Serve, self_signed: ssl.SSLContext) -> None:
    remote = Remote()
    with pytest.raises(RemoteFailure, match="self-signed certificate") as failed:
        await client.post(await serve(remote, host=HOST, tls=self_signed), b"{}", {})
    assert failed.value.reason is Reason.TLS
    assert remote.requests == []


async def test_plain_answer_to_https_is_a_tls_failure(client: GuardedClient, serve: Serve) -> None:
    async def speak_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    url = (await serve(speak_plainly)).replace("http:", "https:")
    with pytest.raises(RemoteFailure) as failed:
        await client.post(url, b"{}", {})
    assert failed.value.reason is Reason.TLS


async def test_silent_handshake_ends_in_a_timeout(hasty_client: GuardedClient, serve: Serve) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    url = (await serve(say_nothing)).replace("http:", "https:")
    with pytest.raises(RemoteFailure) as failed:
        await hasty_client.post(url, b"{}", {})
    assert failed.value.reason is Reason.TIMEOUT
