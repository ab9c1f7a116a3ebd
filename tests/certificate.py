"""A certificate for 127.0.0.1 that nobody signed but itself, for servers that end TLS themselves."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Certificate:
    """``key`` and ``chain`` are files in PEM; they hold for a day."""

    def __init__(self, directory: Path) -> None:
        self.key, self.chain = directory / "key.pem", directory / "chain.pem"
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        now = datetime.now(UTC)
        signed = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        self.key.write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        )
        self.chain.write_bytes(signed.public_bytes(pem))

    @property
    def trusted(self) -> ssl.SSLContext:
        """What a client that trusts this certificate, and no other, connects with."""
        return ssl.create_default_context(cafile=str(self.chain))


def server_arguments(server: str, port: int, certificate: Certificate | None = None) -> list[str]:
    """What comes after ``python -m`` to serve an application by the server's own command on 127.0.0.1."""
    where = ["--port", str(port)]
    if server == "daphne":
        if certificate is not None:
            endpoint = f"ssl:{port}:interface=127.0.0.1:privateKey={certificate.key}:certKey={certificate.chain}"
            where = ["--endpoint", endpoint]
        return ["daphne", "--verbosity", "0", *where]
    tls = ["--ssl-keyfile", str(certificate.key), "--ssl-certfile", str(certificate.chain)] if certificate else []
    quiet = ["--log-level", "error", "--no-access-log", "--lifespan", "off", "--ws", "websockets-sansio"]
    return ["uvicorn", *where, *quiet, *tls]
