"""What credentials look like, whatever they are called.

Of well-known forms the detectors of ``bc-detect-secrets`` judge; what those leave out and this field has stands here.
"""

from __future__ import annotations

import functools
import re
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Whole words or signs, one of which every form has: most texts have none and need no second look.
_TRIGGER = re.compile(r"@|BEGIN|=|eyJ|A[A-Z0-9]{3}[0-9A-Z]{16}|\w{2,}[_.-]\w{8}|\w{24}|(?i:bearer|basic) ")
_KEY_BEGIN = r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----"
_KEY_END = r"-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----"
_SIGNING = (
    "x-(?:amz|goog)-(?:signature|credential|security-token)|awsaccesskeyid|signature|sig|(?:access_)?token|api_?key|auth|"
    "password|(?:client_)?secret"
)
# In each, ``c`` is the credential; what says that it is one stays readable.
_FORMS: tuple[tuple[str, str], ...] = (
    ("a private key", rf"(?P<c>{_KEY_BEGIN}(?:[\s\S]*?{_KEY_END}|[\s\S]*))"),
    # All up to the last "@" before the path, as a password may hold one; ${VARIABLE} stands for one that is elsewhere.
    ("a URL with a password", r"://(?!\[)(?P<c>[^/\s@:\"'<>]*:(?!\$\{?[A-Z_][A-Z0-9_]*\}?@)[^/\s\"'<>]*)@(?=[\w\[$])"),
    # A secret key may hold a slash: what has a colon that no port follows. What follows an "@" of git+ is a revision.
    (
        "a URL with a password",
        r"(?<!git\+https)(?<!git\+http)(?<!git\+ssh)://(?!\[)(?P<c>[^/@\s:\"'<>]+:(?!\d+(?:\W|$))(?!\$)[^\s\"'<>]+)@(?=[\w\[$])",
    ),
    ("a URL with a token", r"(?:https?|mlflow-artifacts)://(?![\[$])(?P<c>[^/\s:@\"'<>]+)@(?=[\w\[$])"),
    # A text that somebody cut out of an address, or an image with a login before it; a digest is none.
    (
        "a user with a password",
        r"(?:^|(?<=[\s\"'(\[<=,;]))(?P<c>[^\s/\"'@:<>()\[\]{}$]+:(?!\$)[^\s/\"'@<>:]+)@(?!sha\d+:)(?=[\w\[])",
    ),
    ("a signed link", rf"(?i:[?&;](?:{_SIGNING})=)(?P<c>[^&\s\"'<>#;]+)"),
    ("an account key", r"(?i:\b(?:account|sharedaccess|shared)_?(?:key|signature)\s*=\s*)(?P<c>[^;\s\"'<>]+)"),
    ("an authorization header", r"\b(?i:bearer|basic)\s+(?P<c>(?=[A-Za-z._~+/-]*[0-9=])[A-Za-z0-9._~+/=-]{12,})"),
    ("a token of Hugging Face", r"\b(?P<c>(?:hf|api_org)_[A-Za-z0-9]{8,})\b"),
    ("a token of GitHub", r"\b(?P<c>gh[pousr]_[A-Za-z0-9]{8,}|github_pat_\w{20,})\b"),
    ("a token of GitLab", r"\b(?P<c>gl(?:pat|dt|rt|cbt|ptt|ft|soat)-[\w-]{16,})"),
    (
        "a key of a language model's provider",
        r"\b(?P<c>sk-(?!learn)(?:[a-z]+-)*(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9_-]{16,})",
    ),
    ("a token of PyPI", r"\b(?P<c>pypi-(?=[\w-]*[A-Z0-9])[\w-]{16,})"),
    ("a token of Databricks", r"\b(?P<c>dapi[0-9a-f]{32}(?:-\d)?)\b"),
    ("a key of Google", r"\b(?P<c>AIza[\w-]{35}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,})"),
    ("a token of Slack", r"\b(?P<c>xox[abeoprs]-[\w-]{10,})"),
    ("a token of Vault", r"\b(?P<c>hv[sb]\.[\w-]{20,})"),
    ("a JSON Web Token", r"\b(?P<c>eyJ[\w-]{8,}\.eyJ[\w-]{4,}(?:\.[\w-]*)?)"),
    ("an AWS access key id", r"\b(?P<c>(?:AKIA|ASIA)[0-9A-Z]{16})\b"),
)
_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in _FORMS)
# Modules of detect_secrets.plugins, and the detectors in them. Neither entropy, which every digest has, nor names,
# which have rules of their own, nor its basic-auth detector, which takes host and port for a login.
_DETECTORS = {
    "aws": "AWSKeyDetector",
    "azure_storage_key": "AzureStorageKeyDetector",
    "discord": "DiscordBotTokenDetector",
    "github_token": "GitHubTokenDetector",
    "jwt": "JwtTokenDetector",
    "mailchimp": "MailchimpDetector",
    "npm": "NpmDetector",
    "sendgrid": "SendGridDetector",
    "slack": "SlackDetector",
    "square_oauth": "SquareOAuthDetector",
    "stripe": "StripeDetector",
    "twilio": "TwilioKeyDetector",
}
# Start and end of a credential in a text.
Span = tuple[int, int]


class _Detector(Protocol):
    """What is used of a detector."""

    secret_type: str

    def analyze_string(self, string: str) -> Iterable[str]:
        """Yield the credentials in a text."""


def forms_in(text: str) -> Iterator[tuple[str, Span]]:
    """Yield what kind of credential is where in a text; one may be found twice, in parts."""
    if not _TRIGGER.search(text):
        return
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield kind, match.span("c")
    for detector in _detectors():
        for credential in {str(item) for item in detector.analyze_string(text) if item}:
            start = text.find(credential)
            while start >= 0:
                yield f"a credential ({detector.secret_type})", (start, start + len(credential))
                start = text.find(credential, start + len(credential))


@functools.cache
def _detectors() -> tuple[_Detector, ...]:
    # Imported here: they bring an HTTP client along, which most commands need not wait for.
    return tuple(
        getattr(import_module(f"detect_secrets.plugins.{module}"), name)() for module, name in _DETECTORS.items()
    )
