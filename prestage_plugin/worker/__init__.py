"""What `manage.py prestage_worker` runs: a django-q2 cluster, the tick, and a watchful eye."""
