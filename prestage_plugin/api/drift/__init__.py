"""Devices whose configuration does not support the assigned role any more."""
