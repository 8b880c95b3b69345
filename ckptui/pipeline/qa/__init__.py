"""From Markdown to a question-and-answer dataset: the qa pipeline."""
