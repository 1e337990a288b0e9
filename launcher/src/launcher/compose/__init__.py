"""Makes what the containers of compose.yaml are given: keys, settings, configurations of servers, databases."""
