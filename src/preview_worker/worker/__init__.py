"""One job end to end, and the service that supervises."""
