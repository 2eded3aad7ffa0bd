"""Pictures of the page with two axes: small SVG elements of plain text and paths, without Matplotlib."""
