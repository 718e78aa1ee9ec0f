"""The policy packs; ``policies/rules`` also runs in the offline preview."""
