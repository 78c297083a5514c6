"""What Redis remembers beside the queue: job records, fences, commits, workers; and the embedded server."""
