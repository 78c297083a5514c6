"""HTTP: the routes producers and people use."""
