"""Where changes of devices are heard of: syslog, NETCONF notifications, webhooks (prestaging spec, 6)."""
