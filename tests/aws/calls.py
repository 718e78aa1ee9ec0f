"""Every call is checked against what AWS says of its parameters; moto checks little of that, and botocore half.

botocore refuses unknown and missing parameters and wrong types by itself. Its service models also hold AWS's
enumerations, lengths and patterns, which only the services themselves judge.
"""

import re

# Values that an error lists.
_FEW = 20


class InvalidCallError(Exception):
    """A call that AWS would refuse."""


def check_call(params, model, **_context):
    """Refuse a call whose parameters break the service's model; a handler of ``provide-client-params``.

    Raises:
        InvalidCallError: with all that is wrong.

    """
    if model.input_shape is None:
        return
    found = list(_problems(params, model.input_shape, ""))
    if found:
        raise InvalidCallError(f"{model.service_model.service_name} {model.name}: " + "; ".join(found))


def _problems(value, shape, path):
    where = path.rstrip(".")
    if shape.type_name == "structure" and isinstance(value, dict):
        yield from _structure(value, shape, path)
    elif shape.type_name == "list" and isinstance(value, list | tuple):
        yield from _size(len(value), shape.metadata, where, "items")
        for index, item in enumerate(value):
            yield from _problems(item, shape.member, f"{where}[{index}].")
    elif shape.type_name == "map" and isinstance(value, dict):
        yield from _size(len(value), shape.metadata, where, "entries")
        for key, item in value.items():
            yield from _problems(key, shape.key, f"{where} (key).")
            yield from _problems(item, shape.value, f"{where}.{key}.")
    elif isinstance(value, str):
        yield from _text(value, shape.metadata, where)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _size(value, shape.metadata, where, "")


def _structure(value, shape, path):
    for name in sorted(set(value) - set(shape.members)):
        yield f"{path}{name}: there is no such parameter"
    for name in sorted(set(shape.required_members) - set(value)):
        yield f"{path}{name}: missing"
    for name in set(value) & set(shape.members):
        yield from _problems(value[name], shape.members[name], f"{path}{name}.")


def _size(amount, limits, where, unit):
    if "min" in limits and amount < limits["min"]:
        yield f"{where}: {amount} {unit} is less than {limits['min']}"
    if "max" in limits and amount > limits["max"]:
        yield f"{where}: {amount} {unit} is more than {limits['max']}"


def _text(value, limits, where):
    yield from _size(len(value), limits, where, "characters")
    if "enum" in limits and value not in limits["enum"]:
        known = sorted(limits["enum"])
        yield f"{where}: {value!r} is none of {', '.join(known) if len(known) <= _FEW else f'{len(known)} known'}"
    if "pattern" in limits:
        try:
            pattern = re.compile(limits["pattern"], re.DOTALL)
        except re.error:
            return  # Some use what only Java's expressions know.
        if not pattern.fullmatch(value):
            yield f"{where}: {value!r} does not match {limits['pattern']}"
