"""Names that say that their value is a credential: the project's own rules, for params, tags, variables, any keys.

A name decides only together with its value: ``max_tokens: 512``, ``pad_token: <pad>`` and ``tlsSecret: mlflow-tls`` are
no credentials.
"""

from __future__ import annotations

import functools
import re
from enum import Enum

# Ends of names, whatever stands before: AWS_SECRET_ACCESS_KEY, openai_api_key, hf_token, dbpassword, smtp_pass.
_ENDS = re.compile(
    r"(password|passwd|passphrase|passcode|pwd|(^|_)(pass|pw|sas|jwt)|secret|token|credential|api_?key|access_?key(_?id)?|"
    r"(secret|private|account|shared|signing|encryption|auth|master|client|service)_?key|authorization|basic_?auth)s?"
    r"(_?(\d+|old|new|prod|dev|test|staging|value|plain|text|base64|b64))*$"
)
# In the middle, too, unless what follows makes it something else: db_password_of_ci, but password_file.
_MIDDLE = re.compile(r"(^|_)(password|passwd|passphrase)_")
_ABOUT = re.compile(
    r"_(file|path|dir|name|ref|id|arn|url|uri|endpoint|policy|length|size|count|type|kind|enabled|required|version|hash|"
    r"expiry|ttl|days|seconds|namespace|class|provider|store|manager|rotation|field|column|key|encryption|reset|wo)s?$"
)
# References to a Secret by its name; of a bare "secret", only a name of two words can be one.
_REFERENCE = re.compile(r"(^|_)(existing|pull|tls|image|env|ca|cert|certificate|web_?hook|volume)_secrets?$")
_BARE = re.compile(r"^secrets?$")
# Where the shell is, and was.
_FOLDER = re.compile(r"^(old_?)?pwd$")
# Counts of tokens, and marks of a vocabulary.
_COUNT = re.compile(r"tokens$")
_VOCABULARY = re.compile(
    r"(^|_)(bos|eos|pad|unk|sep|cls|mask|stop|start|end|special|prefix|suffix|image|audio)_tokens?$"
)

# Of http_tokens, "required" is as good as a number.
_NUMBER_OR_WORD = re.compile(r"-?\d+([._,]\d+)*(e[+-]?\d+)?k?|[a-z]+", re.IGNORECASE)
_OBJECT_NAME = re.compile(r"[a-z0-9]+([-.]+[a-z0-9]+)*")
_TWO_WORDS = re.compile(r"[a-z][a-z0-9]*([-.][a-z0-9]+)+")
_HARMLESS = re.compile(
    # Nothing, a switch, a number of few digits.
    r"\s*|-?\d{0,6}|true|false|yes|no|on|off|none|null|nil|unset|undefined|n/a|\*+|"
    # <pad>, [CLS], </s>, {password}, ###
    r"[<\[({][\W_]*[\w| .-]*[\W_]*[>\])}]|\W{1,6}|"
    # What stands for a value that is elsewhere.
    r"\$[({A-Za-z_].*|%\(?\w+\)?s?%?|\{\{.*\}\}|secretref:.*|"
    # Code that reads one.
    r"(os\.)?(environ|getenv)\b.*|[\w.]+\(.*|"
    # A file, an address of AWS.
    r"/[\w./-]*|arn:.*|"
    # The placeholders of states.
    r"\[(secret|unknown secret|unknown|plain text, not shown)\]",
    re.IGNORECASE | re.DOTALL,
)


class _Says(Enum):
    """What a name says of its value."""

    NOTHING = "nothing"
    CREDENTIAL = "a credential"
    COUNT = "a credential, or a count of tokens"
    REFERENCE = "a credential, or the name of a Secret"
    BARE = "a credential, or the name of a Secret of two words"


def names_credential(name: str, value: str) -> bool:
    """Return whether a name says that this value is a credential."""
    says = _says(name)
    if says is _Says.NOTHING:
        return False
    plain = value.strip().strip("\"'")
    if _HARMLESS.fullmatch(plain) or plain.lower() == name.lower():
        return False
    if says is _Says.COUNT:
        return not _NUMBER_OR_WORD.fullmatch(plain)
    reference = {_Says.REFERENCE: _OBJECT_NAME, _Says.BARE: _TWO_WORDS}.get(says)
    return not (reference and reference.fullmatch(plain))


@functools.lru_cache(maxsize=16384)
def _says(name: str) -> _Says:
    words = _words(name)
    ends = _ENDS.search(words)
    if not ends and (not _MIDDLE.search(words) or _ABOUT.search(words)):
        return _Says.NOTHING
    if _FOLDER.search(words) or _VOCABULARY.search(words):
        return _Says.NOTHING
    if _COUNT.search(words):
        return _Says.COUNT
    if _BARE.search(words):
        return _Says.BARE
    return _Says.REFERENCE if _REFERENCE.search(words) else _Says.CREDENTIAL


def _words(name: str) -> str:
    """Return ``secret_access_key`` of ``secretAccessKey``, ``secret-access-key`` and ``--secret.access.key``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[^A-Za-z0-9]+", "_", spaced).strip("_").lower()
