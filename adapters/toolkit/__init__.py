"""What every adapter shares: the one sender, SOAP, XML, signing; sheets and bills for those that read invoices."""
