"""Tables that are made from the events and can be made again, and the questions asked of them."""
