"""Where changes of devices are heard of: syslog, NETCONF and webhooks (prestaging spec, 6)."""
