"""What happens around the nodes: who meets whom, who comes to be treated, what goes wrong."""
