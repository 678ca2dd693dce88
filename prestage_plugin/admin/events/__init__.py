"""What was heard of devices, by whom, and the settings of auto prestaging."""
