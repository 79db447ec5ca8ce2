"""Is the worker in this container alive? For the image's HEALTHCHECK, which has no curl."""

import os
import sys
from http.client import HTTPConnection

# Not through urllib, which would take a proxy for a way to this host.
worker = HTTPConnection(
    os.environ.get("RESPONDBY_HTTP_HOST") or "127.0.0.1",  # 0.0.0.0 is this host, too
    int(os.environ.get("RESPONDBY_HTTP_PORT") or 9464),
    timeout=4,
)
worker.request("GET", "/healthz")
sys.exit(worker.getresponse().status != 200)
