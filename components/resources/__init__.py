"""The AWS resources of a consumer: a module for each part, which registers them from validated settings."""
