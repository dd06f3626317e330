"""Turn a posterior into trajectories, bands and crossing probabilities."""
