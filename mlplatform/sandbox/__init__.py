"""A real Kubernetes control plane as local processes, and what is asked of it: nothing of it needs a container."""
