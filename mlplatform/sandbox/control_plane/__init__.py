"""The control plane: its processes, its API, and the custom resources that it knows."""
