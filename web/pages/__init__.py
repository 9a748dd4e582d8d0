"""What a browser gets besides the API: the front end, Flower behind our door, headers of every answer."""
