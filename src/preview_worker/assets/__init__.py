"""From an asset's reference to a checked local file with its SHA-256."""
