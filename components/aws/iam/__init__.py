"""IAM documents as plain data: who may take a role, what a role, a bucket and a key permit. Pure functions.

Partition ``aws`` only; ``settings`` refuses regions of China, of GovCloud and of isolated partitions.
"""
