"""Syslog as a source of events: messages of Junos devices that tell of a commit."""
