"""What a router's system log tells a collector: commits, and what clients asked for."""

from nornir_tasks.lab.syslog.log import Origin, SystemLog
from nornir_tasks.lab.syslog.target import SyslogTarget

__all__ = ["Origin", "SyslogTarget", "SystemLog"]
