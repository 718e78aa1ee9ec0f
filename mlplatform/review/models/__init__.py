"""What changes of the served models between two states: versions, metrics, signatures, libraries. Pure."""
