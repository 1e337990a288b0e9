"""What can be dropped and made again from the events: letters, batches, senders, recipients, as they are asked for."""
