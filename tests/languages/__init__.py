"""The catalogues of the admin's languages: `make messages` writes them, the tests hold them."""
