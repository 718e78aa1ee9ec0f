"""AWS: what a stack runs on where it brings its own cluster.

Whatever is needed stands in the module of its name (``components.aws.foundation``); this one imports nothing, because
stacks on a cluster of somebody else check their settings here and would wait for the SDK of AWS at every preview.
"""
