"""What the REST API costs: lists and reads of small and large sites, polls, crowds."""
