"""gunicorn as it comes: the gateway's own configuration file is for the gateway."""
