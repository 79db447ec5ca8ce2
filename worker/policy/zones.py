"""Time zones: IANA names, and which instant a local wall-clock time is."""

import bisect
import re
import zoneinfo
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from worker.policy import refusal

SECOND = timedelta(seconds=1)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
OFFSET = re.compile(r"[+-]\d")


def find(name: str) -> ZoneInfo | None:
    """The zone of an IANA name; None when there is no such zone.

    Names that mean something else on another machine, or count leap seconds, are no zones.
    """
    if name in ("localtime", "posixrules") or name.startswith(("posix/", "right/")):
        return None
    try:
        return ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        # OSError: the name is a folder of zones, such as "America".
        return None


def hint(name: str) -> str:
    """What to write instead of an unknown zone."""
    allowed = "allowed: IANA names such as Europe/Berlin or UTC"
    if OFFSET.search(name):
        # "GMT+2" is like "GMT+0" to the eye only.
        return f"an offset knows no summer time; {allowed}"
    known = zoneinfo.available_timezones() - {"localtime"}
    city = name.replace(" ", "_").casefold()
    of_city = [zone for zone in known if f"/{zone}".casefold().endswith(f"/{city}")]
    likely = min(of_city, key=lambda zone: (len(zone), zone), default=name)
    return refusal.did_you_mean(likely, known, allowed)


def instants(zone: ZoneInfo, day: date, minute: int) -> tuple[int, int]:
    """The earlier and the later instant of a wall-clock time, in seconds since 1970.

    The time is so many minutes of wall clock after the day's midnight. The two differ only
    where the clocks went back; where they skip it, both are the first instant after the gap.
    """
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    # Adding to an aware time moves the wall clock, which is what is wanted here.
    wall = midnight + timedelta(minutes=minute)
    local = (day.toordinal() - _EPOCH_DAY) * 86_400 + minute * 60
    before, after = _offset(wall), _offset(wall.replace(fold=1))
    if before >= after:
        return local - before, local - after
    gap_end = _first_reaching(zone, local, local - after, local - before)
    return gap_end, gap_end


def _first_reaching(zone: ZoneInfo, local: int, low: int, high: int) -> int:
    """The first instant of [low, high] whose wall clock shows at least `local`."""

    def shown(instant: int) -> int:
        return instant + _offset(datetime.fromtimestamp(instant, zone))

    return low + bisect.bisect_left(range(low, high), local, key=shown)


def _offset(moment: datetime) -> int:
    return (moment.utcoffset() or timedelta()) // SECOND
