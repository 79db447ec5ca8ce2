"""The picture of a dashboard for the docs: `python -m tests.picture`.

Two weeks of tickets go through the worker on a clock that is moved by hand. What its /metrics would
have said goes into a real Prometheus, with the recording rules. The shipped dashboard's own queries
are asked there, and drawn. Nothing in it is made up but the tickets.
"""
