"""The stack's program, run in this process or one of its own, as the engine would run it in a preview."""
