"""`make demo`: a simulated fleet, a real cluster, the main job, the admin; nothing to set up."""
