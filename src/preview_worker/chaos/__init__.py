"""`preview-worker chaos`: real workers, a real server and real faults; generator, nemesis and checker kept apart."""
