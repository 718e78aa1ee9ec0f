"""What a model may ask of its engine, one pattern a module: pure functions on the pieces of both engines' manifests."""
