"""From trained towers to scores and lists."""
