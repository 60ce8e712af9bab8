"""From interactions to trained towers."""
