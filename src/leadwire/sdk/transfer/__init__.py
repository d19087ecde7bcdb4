"""Import leads from a CSV file, and export them. The command line uses this."""
