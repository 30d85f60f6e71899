"""What the node knows of the shared registry: verdicts, with their evidence and its age."""
