"""Live, ready, health and metrics, for the API and the worker alike."""
