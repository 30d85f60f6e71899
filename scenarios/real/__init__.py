"""The same scenario files with real processes, over real libp2p, through a proxy that shapes."""
