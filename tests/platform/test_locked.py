"""The dev stack, locked: its objects name the releases of the locks, with nobody to ask."""

from mlplatform.sandbox.validation.stack_objects import objects_of


def models(state):
    return {
        resource.name: resource for resource in state.resources if resource.type == "mlplatform:serving:ModelDeployment"
    }


def test_serving_objects_name_what_was_locked(state_of_variant):
    state = state_of_variant("locked")
    facts = {name: resource.inputs for name, resource in models(state).items()}
    assert set(facts) == {"iris", "diabetes", "breast-cancer"}
    for item in objects_of(state):
        if item.kind not in {"InferenceService", "SeldonDeployment"}:
            continue
        own = facts.pop(item.name)
        spec = item.manifest["spec"]
        uri = (
            spec["predictor"]["model"]["storageUri"]
            if item.kind == "InferenceService"
            else spec["predictors"][0]["graph"]["modelUri"]
        )
        folder = own["digest"].replace(":", "-")
        assert (
            uri.removesuffix("/") == own["storageUri"] == f"s3://model-releases/dev/{own['registeredModel']}/{folder}"
        )
        assert item.manifest["metadata"]["annotations"]["mlplatform.dev/digest"] == own["digest"]
    assert not facts


def test_what_could_not_be_verified_is_said(state_of_variant):
    (shared,) = [
        resource
        for resource in state_of_variant("locked").resources
        if resource.type == "mlplatform:serving:ModelDeployments"
    ]
    assert shared.inputs["registry"]["verified"] is False
    registry, store = shared.outputs["unverified"]
    assert "registry" in registry
    assert "release" in store


def test_network_policies_are_those_of_the_live_stack(state_of_variant):
    """Model servers reach the releases where they reached MLflow's artifacts, and nothing is opened for `lock`."""

    def policies(variant):
        return {
            (item.namespace, item.name): item.manifest["spec"]
            for item in objects_of(state_of_variant(variant))
            if item.kind == "NetworkPolicy"
        }

    assert policies("locked") == policies("production")
