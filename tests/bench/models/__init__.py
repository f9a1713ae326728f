"""What a routed call costs: beside the bare SDK, and beside LiteLLM's Router."""
