"""Asks the worker in this container, which has no curl: `healthcheck.py readyz`.

Alone, as the image's HEALTHCHECK, whether it is alive. Status 0: yes.
"""

import os
import sys
from http.client import HTTPConnection

page = sys.argv[1] if len(sys.argv) > 1 else "healthz"
# Not through urllib, which would take a proxy for a way to this host.
worker = HTTPConnection(
    os.environ.get("RESPONDBY_HTTP_HOST") or "127.0.0.1",  # 0.0.0.0 is this host, too
    int(os.environ.get("RESPONDBY_HTTP_PORT") or 9464),
    timeout=4,
)
worker.request("GET", f"/{page}")
answer = worker.getresponse()
sys.stdout.write(answer.read().decode() + "\n")
sys.exit(answer.status != 200)
