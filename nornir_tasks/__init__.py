"""Nornir tasks that discover and assign the roles of network devices; no Django needed."""
