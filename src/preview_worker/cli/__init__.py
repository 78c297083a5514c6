"""The command line: results on stdout, messages on stderr, exit codes of the spec."""
