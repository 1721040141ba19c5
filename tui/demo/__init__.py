"""A small world in which the workspace is seen at work: embedded servers, sample mail, people and a customer."""
