"""The dashboard on the app's index page, and the box on the admin's."""
