"""The REST API: parse, authorise, call a service, render. Every error is an RFC 9457 document."""
