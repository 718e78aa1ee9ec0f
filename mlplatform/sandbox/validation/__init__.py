"""What a real API server says of a stack's objects, none of which it keeps."""
