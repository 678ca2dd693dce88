"""What the pages of the admin cost: lists of many jobs, a job of many devices, the dashboard."""
