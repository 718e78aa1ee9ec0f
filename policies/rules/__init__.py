"""One rule, one module. The Pulumi engine and the offline preview run the same objects."""

from pulumi_policy import EnforcementLevel, ResourceValidationPolicy

from .aws_resource_is_tagged import aws_resource_is_tagged
from .chart_version_is_pinned import chart_version_is_pinned
from .container_image_is_pinned import container_image_is_pinned
from .container_resources_are_set import container_resources_are_set
from .data_is_private import data_is_private
from .eks_endpoint_is_restricted import eks_endpoint_is_restricted
from .iam_policy_has_no_wildcard import iam_policy_has_no_wildcard
from .instance_metadata_is_protected import instance_metadata_is_protected
from .locked_model_is_a_release import locked_model_is_a_release
from .model_has_signature import model_has_signature
from .model_uri_is_pinned import model_uri_is_pinned
from .namespace_has_pod_security_label import namespace_has_pod_security_label
from .no_plaintext_credentials import no_plaintext_credentials
from .production_is_locked import production_is_locked
from .stateful_resource_is_protected import stateful_resource_is_protected
from .storage_is_encrypted import storage_is_encrypted

PACK_NAME = "mlplatform"
# What a rule without a level of its own is enforced with.
PACK_LEVEL = EnforcementLevel.MANDATORY

RULES: tuple[ResourceValidationPolicy, ...] = (
    aws_resource_is_tagged,
    chart_version_is_pinned,
    container_image_is_pinned,
    container_resources_are_set,
    data_is_private,
    eks_endpoint_is_restricted,
    iam_policy_has_no_wildcard,
    instance_metadata_is_protected,
    locked_model_is_a_release,
    model_has_signature,
    model_uri_is_pinned,
    namespace_has_pod_security_label,
    no_plaintext_credentials,
    production_is_locked,
    stateful_resource_is_protected,
    storage_is_encrypted,
)

__all__ = ["PACK_LEVEL", "PACK_NAME", "RULES"]
