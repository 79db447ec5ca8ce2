"""What a monitor sees over HTTP."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from worker import errors
from worker.observe import http
from worker.observe.health import Health
from worker.observe.metrics import Metrics


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
async def base(health: Health) -> AsyncIterator[str]:
    """The address of a server on a free port of this host."""
    metrics = Metrics(CollectorRegistry(), [1800, 7200])
    metrics.responses.labels("critical", "met").inc()

    async def apply(digest: str) -> dict[str, int]:
        if digest != "sha256:known":
            raise errors.BadPolicy("another policy is in force")
        return {"seen": 3, "changed": 2}

    app = http.application(metrics.registry, health, apply)
    async with http.serve(app, "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}"


async def get(url: str) -> tuple[int, str, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, answer.content_type, await answer.text()


async def test_it_is_alive_even_where_it_is_not_ready(base: str, health: Health) -> None:
    health.trouble("store", "the disk is full")
    assert (await get(f"{base}/healthz"))[0] == 200
    status, _, text = await get(f"{base}/readyz")
    assert status == 503
    assert "the disk is full" in text
    health.well("store")
    assert (await get(f"{base}/readyz"))[0] == 200


async def test_metrics_can_be_parsed_by_prometheus_own_library(base: str) -> None:
    status, content_type, text = await get(f"{base}/metrics")
    assert (status, content_type) == (200, "text/plain")
    families = {family.name for family in text_string_to_metric_families(text)}
    assert "respondby_responses" in families


async def test_a_request_that_does_not_come_is_not_waited_for_long() -> None:
    app = http.application(CollectorRegistry(), Health())
    async with http.serve(app, "127.0.0.1", 0, patience=0.1) as port, asyncio.timeout(5):
        for begun in (b"", b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: "):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(begun)
            assert await reader.read() == b"", "closed, and nothing said"
            writer.close()


async def test_nor_is_its_body(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PATIENCE", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", base.rpartition(":")[2])
    async with asyncio.timeout(5):
        writer.write(f"POST {http.APPLY} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 408")
    writer.close()


async def test_a_request_that_is_too_large_is_refused(base: str) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.post(base + http.APPLY, data="x" * 2000) as answer:
            assert answer.status == 413
        async with session.get(f"{base}/metrics", headers={"X-Long": "x" * 10_000}) as answer:
            assert answer.status == 400
        async with session.get(f"{base}/{'x' * 10_000}") as answer:
            assert answer.status == 400


async def test_a_port_that_is_taken_is_told_in_one_line(base: str) -> None:
    port = int(base.rpartition(":")[2])
    app = http.application(CollectorRegistry(), Health())
    with pytest.raises(errors.BadSetting, match=f"RESPONDBY_HTTP_PORT: cannot listen on .*{port}"):
        async with http.serve(app, "127.0.0.1", port):
            pass


async def test_a_person_on_this_host_may_have_a_policy_applied(base: str) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.post(base + http.APPLY, data="sha256:known\n") as answer:
            assert await answer.json() == {"seen": 3, "changed": 2}
        async with session.post(base + http.APPLY, data="sha256:other") as answer:
            assert (answer.status, await answer.text()) == (409, "another policy is in force")


async def test_nobody_else_may(health: Health) -> None:
    asked: list[str] = []

    async def apply(digest: str) -> dict[str, int]:
        asked.append(digest)
        return {}

    app = http.application(CollectorRegistry(), health, apply)
    request = make_mocked_request("POST", http.APPLY, app=app)
    handler = next(route.handler for route in app.router.routes() if route.method == "POST")
    assert request.remote not in ("127.0.0.1", "::1")
    with pytest.raises(web.HTTPForbidden):
        await handler(request)
    assert asked == []
