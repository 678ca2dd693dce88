"""The verbs of prestaging, and the only code that writes to the tables.

Locks are always taken in the order shard, device rows, devices, job, so that a worker that
writes results, a cancel and the tick cannot block each other for ever.
"""
