"""What the tracer watches, a file for each kind of thing."""
