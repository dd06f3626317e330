"""Write results to the screen and to files."""
