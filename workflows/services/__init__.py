"""What is done with the engine. Views, tasks, receivers and commands call these and nothing lower."""
