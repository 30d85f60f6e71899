"""What a chart shows: pages, histories, summaries, exports."""
