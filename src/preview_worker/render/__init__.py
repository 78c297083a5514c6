"""From a timeline to files: the only part of the package that touches pixels and samples."""
