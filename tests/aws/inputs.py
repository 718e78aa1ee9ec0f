"""From a program's inputs to the parameters of a call."""


class UnknownInputError(Exception):
    """An input, a type or a value that the adapter does not know: nothing is ignored."""


def pascal(value):
    """Return data with its keys as EC2, IAM and S3 write them: ``cidrBlock`` -> ``CidrBlock``."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: pascal(item) for key, item in value.items()}
    return [pascal(item) for item in value] if isinstance(value, list) else value


def renamed(given, names):
    """Take the named inputs out of ``given`` and return those that are there under their new names."""
    return {new: given.pop(old) for old, new in names.items() if old in given}


def present(**parameters):
    """Return the parameters that have a value."""
    return {key: value for key, value in parameters.items() if value is not None}


def tag_list(tags, key="Key", value="Value"):
    """Return tags as most services take them."""
    return [{key: name, value: text} for name, text in (tags or {}).items()]
