"""What a compliance officer does from a terminal: timelines, replays, differences, exports, erasures.

Everything goes through the gateway, as the person whose token is given; the journal keeps why.
"""
