"""What a notary would recognise: dossiers, documents asked of clients, and decisions on them."""
