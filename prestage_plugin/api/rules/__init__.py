"""The rules by which devices are judged, and what they say."""
