"""Pages for people, rendered here, whole without scripts. Over the same journeys as the API."""
