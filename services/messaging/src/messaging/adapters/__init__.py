"""One module for each system that messaging speaks to."""
