"""The control plane's programs: found, downloaded or built."""
