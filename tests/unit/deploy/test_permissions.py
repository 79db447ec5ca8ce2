"""What an operator gives to the broker is what the worker needs, and no more."""

from tests.support import broker_users
from tests.support.broker_users import PERMISSIONS, TOPOLOGY, VHOST
from worker.broker import topology


def test_the_topology_to_import_is_the_one_that_the_worker_declares() -> None:
    given = broker_users.definitions(TOPOLOGY)
    assert given["vhosts"] == [{"name": VHOST}]
    ours = topology.OBJECTS
    exchanges = [item for item in ours if isinstance(item, topology.Exchange)]
    queues = [item for item in ours if isinstance(item, topology.Queue)]
    assert given["exchanges"] == [_exchange(item) for item in exchanges]
    assert given["queues"] == [_queue(item) for item in queues]
    assert given["bindings"] == [_binding(item) for item in queues]


def _exchange(item: topology.Exchange) -> dict[str, object]:
    lasting = {"durable": True, "auto_delete": False, "internal": False}
    named = {"vhost": VHOST, "name": item.name, "type": item.kind}
    return named | lasting | {"arguments": item.arguments}


def _queue(item: topology.Queue) -> dict[str, object]:
    arguments = {"x-queue-type": "quorum", **item.arguments}
    named = {"vhost": VHOST, "name": item.name}
    return named | {"durable": True, "auto_delete": False, "arguments": arguments}


def _binding(item: topology.Queue) -> dict[str, object]:
    ends = {"source": item.source, "destination": item.name, "destination_type": "queue"}
    return {"vhost": VHOST, **ends, "routing_key": item.routing_key, "arguments": {}}


def test_the_files_hold_no_user_so_that_importing_them_again_resets_no_password() -> None:
    assert "users" not in broker_users.definitions(TOPOLOGY)
    assert set(broker_users.definitions(PERMISSIONS)) == {"permissions"}


def test_the_worker_may_do_something_with_all_that_it_looks_at() -> None:
    # From RabbitMQ 4.3.1 on, whoever looks whether a thing is there must have a right to it.
    for login in ("respondby", "respondby-declaring"):
        permission = broker_users.permissions()[login]
        assert [o.name for o in topology.OBJECTS if not permission.touches(o.name)] == []


def test_only_who_declares_and_who_owns_queues_may_configure_anything() -> None:
    may = {login for login, p in broker_users.permissions().items() if p.configure != "^$"}
    assert may == {"respondby-declaring", "router"}


def test_every_permission_is_for_whole_names() -> None:
    for permission in broker_users.permissions().values():
        for part in (permission.configure, permission.write, permission.read):
            assert part.startswith("^")
            assert part.endswith("$")
            assert ".*" not in part
