"""What other rules would recommend."""
