"""What the links to the broker tell their observer: the whole vocabulary."""

from enum import StrEnum


class Event(StrEnum):
    """Names of events; the fields of each are in its docstring line."""

    LINK_UP = "broker_link_up"
    """A link is connected and set up. `link`, `broker`."""
    LINK_LOST = "broker_link_lost"
    """A link is down or did not come up. `link`, `broker`, `fault`, `retry_in` (seconds)."""
    ACCESS_REFUSED = "broker_access_refused"
    """The broker knows us and says no: login, virtual host or permission. Fields as above."""
    TOPOLOGY_MISMATCH = "broker_topology_mismatch"
    """An exchange or queue went missing or was changed while we ran. Fields as above."""
    STALE_SETTLED = "broker_stale_settled"
    """Finished messages of a lost connection; the broker brings them again. `count`."""
    GIVEN_BACK = "broker_given_back"
    """Messages received but not handed out go back to the broker, draining. `count`."""
    MESSAGE_REFUSED = "broker_message_refused"
    """The broker did not take a message. `message_id`, `exchange`, `fault`."""
    PUBLISHER_BLOCKED = "broker_publisher_blocked"
    """The broker takes nothing: memory or disk alarm. `link`."""
    HEADERS_DROPPED = "broker_headers_dropped"
    """Headers too large or strange to be kept on a dead letter. `message_id`, `names`."""
