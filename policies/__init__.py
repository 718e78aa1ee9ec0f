"""The policy pack: its rules run in the Pulumi engine and, the very same, in the offline preview."""
