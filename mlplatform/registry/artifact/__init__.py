"""The files of an artifact: what they say of the model, how they are listed, downloaded and remembered."""
