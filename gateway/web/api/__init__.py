"""The JSON API's handlers, one file a subject. Each asks the store or a journey once and says what it got."""
