"""The command line: flags in, plain functions called, screen or file out."""
