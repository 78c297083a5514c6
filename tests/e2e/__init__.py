"""A package, so that its service ends with its last test."""
