"""Personal data: identifiers with their checks, contacts, and facts told of a person."""
