"""Backups of an embedded stack: everything that is needed to have it again in an empty folder.

The order in which things are copied makes the copy whole although the platform goes on meanwhile. First what is
published of the log and what the witnesses saw, then the databases, all of them at one instant, then the documents. So
the databases know everything that anybody outside was told, and every document that they name is there.
"""
