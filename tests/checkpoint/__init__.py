"""What a pipeline calls: saves, loads, states, the resume rule."""
