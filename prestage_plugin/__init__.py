"""Prestage devices in any Django site: jobs that discover and assign roles."""
