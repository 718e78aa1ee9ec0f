"""States as plain data: resources, their property values, and the files that hold them."""
