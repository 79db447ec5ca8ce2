"""What holds for every contender alike. It is read without respondby's packages as well."""

#: Messages that a program may hold unacknowledged, and how many it deals with at once: what
#: respondby has without a setting.
PREFETCH, BATCH = 400, 100
#: With this an echo publishes.
KEY = "ticket.prioritized.high"
#: Where all that is published ends up.
DOWNSTREAM = "downstream"
