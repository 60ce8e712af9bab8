"""The right answers to the exercises, a module a lesson: ``EXERCISES`` by name."""
