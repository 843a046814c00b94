"""TLS and client certificates, with the certificates of an authority that lives as long as the test."""

from __future__ import annotations

import datetime
import ipaddress
import pathlib

import adbc_driver_flightsql.dbapi as adbc
import pytest
from adbc_driver_flightsql import DatabaseOptions
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyarrow import flight

from asking import rows
from auditlake import Auditlake
from flight_sql import statement
from server import Server, eventually
from serving import PASSWORD, USER

LOOPBACK = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


class Authority:
    """Signs certificates."""

    def __init__(self, name: str):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        constraint = x509.BasicConstraints(ca=True, path_length=0)
        self.certificate = self._signed(self.name, self.key, constraint)

    def _signed(self, name: x509.Name, key: ec.EllipticCurvePrivateKey, constraint: x509.BasicConstraints):
        now = datetime.datetime.now(datetime.timezone.utc)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(constraint, critical=True)
            .add_extension(x509.SubjectAlternativeName([LOOPBACK, x509.DNSName("localhost")]), critical=False)
            .sign(self.key, hashes.SHA256())
        )

    def pem(self) -> str:
        """Returns the authority's own certificate."""
        return pem(self.certificate)

    def issue(self, name: str) -> tuple[str, str]:
        """Returns a new certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return pem(self._signed(subject, key, x509.BasicConstraints(ca=False, path_length=None))), private.decode()


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Signs what the server and its clients show."""
    return Authority("Auditlake tests")


@pytest.fixture(scope="module")
def files(tmp_path_factory, authority) -> pathlib.Path:
    """A folder with the server's certificate, its key, and the authority's certificate."""
    folder = tmp_path_factory.mktemp("tls")
    write(folder, *authority.issue("server"))
    (folder / "ca.pem").write_text(authority.pem())
    return folder


def write(folder: pathlib.Path, certificate: str, key: str) -> None:
    (folder / "cert.pem").write_text(certificate)
    (folder / "key.pem").write_text(key)


def flags(files: pathlib.Path) -> list:
    return ["--tls-cert", files / "cert.pem", "--tls-key", files / "key.pem"]


@pytest.fixture(scope="module")
def auditlake(service) -> Auditlake:
    """The lake of the service, whose users may log in here too."""
    return service.auditlake


@pytest.fixture(scope="module")
def encrypted(auditlake, files):
    """A server that speaks TLS."""
    with Server(auditlake, files / "tls.log", *flags(files)) as server:
        yield server


@pytest.fixture(scope="module")
def mutual(auditlake, files):
    """A server that wants certificates of its clients."""
    with Server(auditlake, files / "mtls.log", *flags(files), "--tls-client-ca", files / "ca.pem") as server:
        yield server


def ask(server: Server, **options) -> list[tuple]:
    """Asks by ADBC over TLS."""
    login = {"username": USER, "password": PASSWORD, **options}
    address = f"grpc+tls://{server.host}:{server.port}"
    with adbc.connect(address, db_kwargs=login, autocommit=True) as connection, connection.cursor() as cursor:
        return cursor.execute("SELECT 1").fetchall()


def options(**named) -> dict[str, str]:
    """Names options of the ADBC driver by its own words."""
    return {DatabaseOptions[name].value: value for name, value in named.items()}


def test_adbc_speaks_tls(encrypted, authority):
    assert encrypted.uri.startswith("grpc+tls://")
    assert ask(encrypted, **options(TLS_ROOT_CERTS=authority.pem())) == [(1,)]


def test_a_client_trusts_only_the_authority_it_knows(encrypted):
    with pytest.raises(adbc.Error):
        ask(encrypted, **options(TLS_ROOT_CERTS=Authority("somebody else").pem()))


def test_pyarrow_speaks_tls(encrypted, authority):
    address = f"grpc+tls://localhost:{encrypted.port}"
    client = flight.FlightClient(address, tls_root_certs=authority.pem())
    called = flight.FlightCallOptions(headers=[client.authenticate_basic_token(USER, PASSWORD)])
    info = client.get_flight_info(flight.FlightDescriptor.for_command(statement("SELECT 1 AS a")), called)
    assert client.do_get(info.endpoints[0].ticket, called).read_all().to_pylist() == [{"a": 1}]


def test_plain_text_to_a_tls_port_is_refused_and_harms_nobody(encrypted, authority):
    with pytest.raises(adbc.Error):
        with adbc.connect(f"grpc://{encrypted.host}:{encrypted.port}", autocommit=True) as connection:
            rows(connection, "SELECT 1")
    assert ask(encrypted, **options(TLS_ROOT_CERTS=authority.pem())) == [(1,)]


def test_a_client_certificate_is_wanted_and_checked(mutual, authority):
    certificate, key = authority.issue("client")
    trusting = options(TLS_ROOT_CERTS=authority.pem())
    assert ask(mutual, **trusting, **options(MTLS_CERT_CHAIN=certificate, MTLS_PRIVATE_KEY=key)) == [(1,)]
    with pytest.raises(adbc.Error):
        ask(mutual, **trusting)
    foreign, foreign_key = Authority("somebody else").issue("client")
    with pytest.raises(adbc.Error):
        ask(mutual, **trusting, **options(MTLS_CERT_CHAIN=foreign, MTLS_PRIVATE_KEY=foreign_key))


def test_pyarrow_shows_a_client_certificate(mutual, authority):
    certificate, key = authority.issue("client")
    address = f"grpc+tls://localhost:{mutual.port}"
    client = flight.FlightClient(address, tls_root_certs=authority.pem(), cert_chain=certificate, private_key=key)
    assert client.authenticate_basic_token(USER, PASSWORD)


def test_a_renewed_certificate_is_taken_without_restart(encrypted, files, authority):
    renewed = Authority("renewed")
    write(files, *renewed.issue("server"))

    def taken() -> bool:
        try:
            return ask(encrypted, **options(TLS_ROOT_CERTS=renewed.pem())) == [(1,)]
        except adbc.Error:
            return False

    eventually(taken, 30, "the server shows its new certificate")
    # A broken file leaves the last good certificate in place.
    (files / "cert.pem").write_text("broken")
    assert ask(encrypted, **options(TLS_ROOT_CERTS=renewed.pem())) == [(1,)]
