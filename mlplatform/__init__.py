"""What the stack's program and its command line share: configuration, registry, review, sandbox."""
