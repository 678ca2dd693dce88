"""The devices with their roles, and the page of a device."""
