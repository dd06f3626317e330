"""Turn a model and a history into a certified posterior."""
