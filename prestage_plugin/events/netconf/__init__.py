"""NETCONF notifications as a source of events: a subscription to every device that offers it."""
