"""From references of the configuration to immutable versions: one pass over the registry for all models of a stack."""
