"""AWS: what a stack runs on where it brings its own cluster."""
