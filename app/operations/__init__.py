"""For the person on call: logs, metrics, health, error reports, and how frameworks are bent."""
