"""A network that is slow, lossy, broken, or silent."""

import asyncio
import math

from tests.faults.row import row
from tests.faults.scene import Scene
from tests.support.waiting import until

#: Seconds until a peer that says nothing is given up.
_GIVEN_UP_WITHIN = 40.0
#: Seconds for as many bytes to pass as a reset waits for.
_RESET_WITHIN = 20.0


@row("F10", "the network swallows everything", proxied=True, lasts=40, soon_for=60)
async def swallowed(here: Scene) -> None:
    async with here.noticing("broker_link_lost", _GIVEN_UP_WITHIN):
        here.proxy.freeze()


@row("F11", "the network is slow", proxied=True, lasts=20, copies=False, burials=False)
async def slow(here: Scene) -> None:
    weather = here.proxy.weather
    weather.delay, weather.rate = 0.2, 32_000
    await asyncio.sleep(15)
    weather.delay, weather.rate = 0, math.inf


@row("F12", "connections are reset amid a frame, six times", proxied=True, lasts=30)
async def reset(here: Scene) -> None:
    weather = here.proxy.weather
    for _ in range(6):
        weather.left = here.random.randint(100, 20_000)
        await until(lambda: not weather.left, "it is reset", _RESET_WITHIN)
    weather.left = math.inf


@row("F12 half", "the broker's side of each connection ends", proxied=True)
async def half_closed(here: Scene) -> None:
    async with here.noticing("broker_link_lost", _GIVEN_UP_WITHIN):
        here.proxy.end_for_clients()


@row("F13", "nothing that the broker says arrives", proxied=True, lasts=40, soon_for=60)
async def mute(here: Scene) -> None:
    async with here.noticing("broker_link_lost", _GIVEN_UP_WITHIN):
        here.proxy.mute()
