from worker.broker import topology
from worker.broker.topology import OBJECTS, Exchange, Queue


def _place(name: str, kind: type[Exchange | Queue]) -> int:
    return [(item.name, type(item)) for item in OBJECTS].index((name, kind))


def test_the_topology_is_the_one_that_others_rely_on() -> None:
    exchanges = {
        item.name: (item.kind, item.arguments) for item in OBJECTS if hasattr(item, "kind")
    }
    assert exchanges == {
        "tickets": ("topic", {}),
        "respondby": ("topic", {"alternate-exchange": "respondby.unrouted"}),
        "respondby.unrouted": ("fanout", {}),
        "respondby.dead": ("fanout", {}),
    }
    queues = {item.name: item for item in OBJECTS if isinstance(item, Queue)}
    assert {name: (queue.source, queue.routing_key) for name, queue in queues.items()} == {
        "respondby.tickets": ("tickets", "ticket.#"),
        "respondby.unrouted": ("respondby.unrouted", ""),
        "respondby.dead-letters": ("respondby.dead", ""),
    }
    assert {name: queue.arguments for name, queue in queues.items()} == {
        "respondby.tickets": {
            "x-delivery-limit": 20,
            "x-dead-letter-exchange": "respondby.dead",
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
        "respondby.unrouted": {
            "x-max-length": 1_000_000,
            "x-overflow": "drop-head",
            "x-delivery-limit": 1_000_000_000,
        },
        "respondby.dead-letters": {"x-delivery-limit": 1_000_000_000},
    }


def test_what_catches_is_declared_before_what_may_drop_into_it() -> None:
    inbox = _place(topology.INBOX, Queue)
    assert _place(topology.DEAD_LETTERS, Queue) < inbox
    assert _place(topology.DEAD, Exchange) < inbox
    assert _place(topology.UNROUTED, Queue) < _place(topology.OUT, Exchange)
