import ssl
import traceback

import pytest

from worker import errors
from worker.broker.address import Address


def test_the_parts_of_a_url_are_read() -> None:
    assert Address.from_url("amqp://ann:secret@broker:5673/tickets") == Address(
        host="broker", port=5673, vhost="tickets", login="ann", password="secret"
    )


@pytest.mark.parametrize(
    ("url", "vhost"),
    [
        ("amqp://host", "/"),
        ("amqp://host/", "/"),
        ("amqp://host/%2F", "/"),
        ("amqp://host/a%2Fb", "a/b"),
        ("amqp://host/a%20b", "a b"),
    ],
)
def test_a_path_names_the_virtual_host_and_none_is_the_first(url: str, vhost: str) -> None:
    assert Address.from_url(url).vhost == vhost


def test_what_a_url_leaves_out_is_as_the_broker_has_it_from_the_start() -> None:
    assert Address.from_url("amqp://host") == Address(host="host")
    assert Address.from_url("amqps://host").port == 5671


def test_a_login_with_special_characters_is_written_with_percent_signs() -> None:
    address = Address.from_url("amqp://a%40b:p%23%2F%3A@host")
    assert (address.login, address.password) == ("a@b", "p#/:")


def test_an_empty_password_is_a_password() -> None:
    assert Address.from_url("amqp://ann:@host").password == ""


def test_tls_verifies_the_broker_unless_told_otherwise() -> None:
    context = Address.from_url("amqps://host").ssl_context
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_the_given_context_is_used_for_tls_and_never_for_plain_text() -> None:
    context = ssl.create_default_context()
    assert Address.from_url("amqps://host", context).ssl_context is context
    assert Address.from_url("amqp://host", context).ssl_context is None


@pytest.mark.parametrize(
    "url",
    [
        "http://ann:hidden@host",
        "ann:hidden@host",
        "amqp://ann:hidden@",
        "amqp://ann:hidden@host:port",
        "amqp://ann:hidden@host:99999",
        "amqp://ann:hidden@[host",
        "amqps://ann:hidden@host/?no_verify_ssl=1",
        "amqp://ann:hidden#more@host",
        "",
    ],
)
def test_what_is_no_url_of_a_broker_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(errors.BadSetting) as refused:
        Address.from_url(url)
    assert "hidden" not in "".join(traceback.format_exception(refused.value))


def test_neither_login_nor_password_nor_context_is_ever_shown() -> None:
    address = Address.from_url("amqps://ann:hidden@broker/tickets")
    for shown in (str(address), repr(address), f"{address}", f"{address!r}"):
        assert "ann" not in shown
        assert "hidden" not in shown
        assert "context" not in shown
    assert str(address) == "amqps://broker:5671/tickets"
