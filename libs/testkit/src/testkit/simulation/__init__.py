"""Relays, a stream, consumers and stores in one thread, under a virtual clock, with everything that goes wrong seeded.

The relay and the consumer are the real ones. Around them NATS, the stores and the network are models: calls and answers
get lost, take long, arrive twice; the server forgets its latest messages, or a whole stream; processes die between any
two steps. A seed says it all, so a failure can be had again.
"""
