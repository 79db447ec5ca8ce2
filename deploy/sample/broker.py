"""The broker that the sample talks to: the one of the worker beside it."""

import logging
import os
import ssl

import aio_pika
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, AMQPException

ERRORS = (*CONNECTION_EXCEPTIONS, AMQPException)
"""what a broker that is away, or says no, looks like"""


async def connect() -> AbstractConnection:
    """To RESPONDBY_BROKER_URL, with the worker's settings for TLS."""
    # What the driver has to tell of a lost connection is a page long.
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    return await aio_pika.connect(os.environ["RESPONDBY_BROKER_URL"], ssl_context=_tls())


def _tls() -> ssl.SSLContext | None:
    authority, certificate, key = (
        os.environ.get(f"RESPONDBY_TLS_{name}") for name in ("CA", "CERT", "KEY")
    )
    if authority is None and certificate is None:
        return None
    context = ssl.create_default_context(cafile=authority)
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context
