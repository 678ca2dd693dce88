"""What every resource is built from; no module here knows a resource."""
