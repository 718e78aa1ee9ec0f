"""The lock of a stack: which immutable version each served variant was reviewed with."""
