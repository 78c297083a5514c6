"""The job queue: ports, the BullMQ gateway behind them, and an in-memory queue with the same behaviour."""
