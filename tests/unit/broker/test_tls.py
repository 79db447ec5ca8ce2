"""How TLS is spoken, and what of it cannot be used."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from tests.support.authority import Authority
from worker import errors
from worker.broker import tls


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def refused(*paths: Path) -> str:
    with pytest.raises(errors.BadSetting) as told:
        tls.context(*paths)
    assert "\n" not in str(told.value)
    return str(told.value)


def test_whatever_is_set_the_broker_is_verified_and_old_versions_are_not_spoken(
    authority: Authority,
) -> None:
    own = authority.sign("client", names="")
    for context in (
        tls.context(),
        tls.context(authority.certificate),
        tls.context(None, own.certificate, own.key),
        tls.context(authority.certificate, own.certificate, own.key),
    ):
        assert context.verify_mode == ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_an_authority_of_ours_is_the_only_one_that_counts(authority: Authority) -> None:
    (only,) = tls.context(authority.certificate).get_ca_certs()
    assert only["subject"] == ((("commonName", "authority"),),)


def test_a_certificate_may_have_its_key_in_the_same_file(authority: Authority) -> None:
    own = authority.sign("together", names="")
    with own.certificate.open("a") as file:
        file.write(own.key.read_text())
    tls.context(authority.certificate, own.certificate)


def test_what_cannot_be_used_is_told_in_one_line_that_names_the_setting(
    authority: Authority, tmp_path: Path
) -> None:
    own, other = (authority.sign(name, names="") for name in ("own", "other"))
    ca, junk, missing = authority.certificate, tmp_path / "junk", tmp_path / "missing"
    junk.write_text("hello")
    assert refused(junk) == "RESPONDBY_TLS_CA: it holds no certificate in PEM"
    assert refused(missing) == "RESPONDBY_TLS_CA: cannot be read: No such file or directory"
    assert refused(ca, own.certificate, other.key).endswith("that of another certificate")
    assert refused(ca, own.certificate).endswith("a certificate, and its key, in PEM")
    assert refused(ca, junk, own.key).endswith("a certificate, and its key, in PEM")
    assert refused(ca, own.certificate, missing).startswith("RESPONDBY_TLS_CERT or _KEY: cannot")


def test_a_key_with_a_password_is_refused_and_nobody_is_asked_for_it(
    authority: Authority, tmp_path: Path
) -> None:
    own, locked = authority.sign("locked", names=""), tmp_path / "locked.key"
    openssl = str(shutil.which("openssl"))
    lock = ["pkcs8", "-topk8", "-in", str(own.key), "-out", str(locked), "-passout", "pass:x"]
    subprocess.run([openssl, *lock], check=True, capture_output=True)
    assert refused(authority.certificate, own.certificate, locked) == (
        "RESPONDBY_TLS_KEY: the key is encrypted"
    )
