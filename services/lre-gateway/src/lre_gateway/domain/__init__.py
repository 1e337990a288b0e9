"""What an office would recognise: letters, recipients and their consents, senders, batches, and what the law says."""
