"""Pipelines: what they read, how they resume, how they end."""
