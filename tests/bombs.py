"""Files of a few bytes that stand for gigabytes."""

import itertools


def yaml_bomb(key):
    """Nine lists of nine, each of the one before: 387 bytes, half a billion values."""
    levels = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    names = "abcdefghi"
    for before, name in itertools.pairwise(names):
        levels.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    return "".join([*(f"{level}\n" for level in levels), f"{key}: *{names[-1]}\n"])
