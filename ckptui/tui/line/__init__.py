"""The line to the terminal: only what differs is sent, and never more than the line can take."""
