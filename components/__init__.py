"""Pulumi components of the platform; each wires resources, hard logic lies beside it in pure functions."""
