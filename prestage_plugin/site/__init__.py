"""A ready-made site for those who have none; `manage.py` runs it.

It reads its settings from environment variables:

- `PRESTAGE_DEVELOPMENT=1`: plain HTTP on this machine, with Django's debug pages.
- `PRESTAGE_HOSTS`: comma-separated host names that the site answers to.
- `PRESTAGE_SECRET_KEY`: Django's secret key; without it one is made and kept in the data folder.
- `PRESTAGE_DATA`: the data folder, `var` in the working directory by default.
- `PRESTAGE_POSTGRES`: libpq keywords of a PostgreSQL database, e.g. `dbname=prestage
  host=127.0.0.1`; without it the database is a SQLite file in the data folder.
- `PRESTAGE_REDIS`: URL of a Redis that carries the queue, e.g. `redis://127.0.0.1:6379/3`; without
  it the queue is in the database.
- `PRESTAGE_NORNIR_CONFIG`: the Nornir configuration, `inventory/config.yaml` by default.
- `PRESTAGE_WEBHOOK_SECRETS`: a JSON file with the secret of each sender of webhooks by its name.
- `PRESTAGE_CLUSTER_WORKERS`: worker processes of the cluster, one per core by default.
- `PRESTAGE_TIME_ZONE`: time zone of the pages, UTC by default.
"""
