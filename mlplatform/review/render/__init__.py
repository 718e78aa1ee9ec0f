"""A report in the forms that people and programs read: the same facts in each of them. Pure."""
