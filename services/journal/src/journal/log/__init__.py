"""The log: entries in one order, one tree, and its signed states."""
