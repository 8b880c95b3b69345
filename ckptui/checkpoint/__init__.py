"""What a pipeline calls: atomic saves, loads, stage checkpoints, context, manager."""
