"""The resources of one consumer, a module for each part: what is registered, from settings that are accepted."""
