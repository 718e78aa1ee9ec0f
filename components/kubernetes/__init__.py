"""What every object on Kubernetes needs: metadata, network policies, object stores, monitors, secrets."""
