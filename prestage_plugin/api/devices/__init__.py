"""Devices with their roles."""
