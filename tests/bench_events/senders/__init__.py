"""The processes that send. None imports Django, except for the one that is the platform itself."""
