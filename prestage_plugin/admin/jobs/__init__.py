"""The *Prestage Device Jobs* page, the details of a job, and how jobs are started."""
