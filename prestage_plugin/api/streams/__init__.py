"""The progress of a job as server-sent events, for those who do not want to poll."""
