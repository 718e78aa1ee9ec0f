"""The policies that the runbook gives for AWS S3: those that the stack itself makes."""

import json
import re
from pathlib import Path

from components.aws.iam.bucket_policies import release_bucket_policy
from components.s3_policies import bucket_policy

RUNBOOK = Path(__file__).parents[3] / "docs/runbooks/release-store.md"
BUCKET, RELEASER, READER = (
    json.loads(block) for block in re.findall(r"```json\n(.*?)```", RUNBOOK.read_text(), re.DOTALL)
)


def test_users_policies_are_those_of_the_code():
    assert bucket_policy("model-releases", "release", "prod/") == RELEASER
    assert bucket_policy("model-releases", "read", "prod/") == READER


def test_the_bucket_policy_is_that_of_the_code():
    """What it lets through and what not is judged in tests/components/aws/iam/test_bucket_access.py."""
    assert release_bucket_policy("model-releases", "arn:aws:iam::123456789012:role/releaser") == BUCKET
