"""Innovation studios (创新工作室): recognition, plaques, achievements, yearly review."""
