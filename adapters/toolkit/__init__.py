"""What every adapter shares: the one sender, SOAP, XML, signing."""
