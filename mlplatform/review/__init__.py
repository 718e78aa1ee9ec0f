"""The offline preview: run a stack's program without the engine, compare states, report."""
