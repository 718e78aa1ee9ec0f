"""How MLflow is asked: one session with its environment, batched requests, its errors as failures of the registry."""
